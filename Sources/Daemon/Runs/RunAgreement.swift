import Domain
import JSONRPC
import Registers
import Wire

/// What asking a run's register came to.
enum RunAgreement: Sendable {
    /// This is how it ended; `isOurs` where this node wrote it just now.
    case agreed(RunEnding, isOurs: Bool)
    /// A higher generation is in force.
    case superseded
    /// No majority of the seats could be reached.
    case unreachable(any Error)
}

/// Reads the register of a run and writes `ending` there if its generation has none yet.
///
/// Whoever comes second gets what the first wrote: one outcome, the same for all.
func agree(on ending: RunEnding, of plan: RunPlan, in world: RunWorld) async -> RunAgreement {
    let key = RegisterKey.run(plan.run)
    let electorate = Electorate.seats(plan.seats.map(\.node))
    do throws(RegisterError) {
        for _ in 0..<8 {
            guard let value = try await world.registers.read(key, of: electorate),
                let register = try? RunRegister(bytes: value.bytes)
            else { return .superseded }
            guard register.generation == plan.generation else { return .superseded }
            if let there = register.ending {
                return .agreed(decodeEnding(there), isOurs: false)
            }
            let details = (try? JSONCoding.encode(ending)) ?? []
            let fitting = details.count <= RunRegister.Ending.detailsMax ? details : []
            let closing = RunRegister.Ending(
                outcome: ending.result.outcome,
                cause: ending.result.cause,
                details: fitting
            )
            do throws(RegisterError) {
                _ = try await world.registers.compareAndSet(
                    key,
                    expecting: value.version,
                    to: register.ended(closing).bytes,
                    of: electorate
                )
                return .agreed(ending, isOurs: true)
            } catch .changed {
                continue
            }
        }
        return .superseded
    } catch {
        return .unreachable(error)
    }
}

/// What the register says, in full where its details can be read.
func decodeEnding(_ ending: RunRegister.Ending) -> RunEnding {
    if let full = try? JSONCoding.decode(RunEnding.self, from: ending.details) { return full }
    let result = RunResult(
        outcome: ending.outcome,
        rule: "agreed by the seats",
        cause: ending.cause
    )
    return RunEnding(result: result, endedAt: wallClockSeconds())
}
