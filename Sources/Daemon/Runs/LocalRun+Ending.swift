import Catalog
import ControlAPI
import Domain
import Logging
import Transport

/// What is written of a run, and in which order: the state of the moment, then its model, then its
/// end.
extension LocalRun {
    /// Writes what is new of the run to the catalogue: one write after the other, each of what is
    /// the latest by then.
    func keep() {
        // The agreed end is written by `finish`, and nothing comes after it.
        guard !isOver else { return }
        isUnsaved = true
        guard writing == nil else { return }
        writing = Task { await self.writeRecord() }
    }

    private func writeRecord() async {
        while isUnsaved {
            isUnsaved = false
            let record = record
            do throws(CatalogError) {
                try await world.store.perform { database throws(CatalogError) in
                    try database.update(record)
                }
            } catch .ended {
                // A peer had the agreed end before this node.
            } catch {
                world.log.warning("run not stored", metadata: fields(error))
            }
        }
        writing = nil
    }

    /// Stores the model, then the agreed end, and shows it only then: whoever sees a run ended may
    /// ask for its model.
    func finish(_ result: RunResult, _ model: MadeModel?) async {
        await writing?.value
        var ended = record
        ended.status = .ended
        ended.result = result
        ended.isProvisional = false
        // A trial of a sweep is there to be measured; the best one is trained once more.
        if result.outcome.isSuccess, ended.spec.sweep?.keepsModel ?? true {
            ended.model = ended.spec.name ?? ModelName(ended.id.text)
            if let model { await save(model, of: ended) }
        }
        let final = ended
        await retrying("end of run not stored") { [world] () throws(RPCError) in
            do throws(CatalogError) {
                try await world.store.perform { database throws(CatalogError) in
                    try database.finish(final)
                }
            } catch { throw RPCError(error) }
        }
        record = final
        isStored = true
    }

    /// Does what must be on the disk; while that is full, again and again for an hour.
    private func retrying(
        _ complaint: Logger.Message,
        _ body: @Sendable () async throws(RPCError) -> Void
    ) async {
        let deadline = Deadline.after(.seconds(3_600))
        while true {
            do throws(RPCError) { return try await body() } catch {
                world.log.error(complaint, metadata: fields(error))
                let isCurable = error.code == .noSpace || error.code == .notReady
                guard isCurable, !deadline.hasPassed else {
                    return note("error", "\(complaint): \(error)")
                }
            }
            try? await Task.sleep(for: .seconds(2))
        }
    }

    private func save(_ made: MadeModel, of ended: RunRecord) async {
        let model = FinishedModel(
            record: ended,
            dataset: prepared.dataset,
            made: made,
            metrics: ended.result?.metrics ?? [],
            madeAt: ended.endedAt ?? wallClockSeconds()
        )
        await retrying("the model is not stored") { [world] () throws(RPCError) in
            try await world.data.save(model)
        }
    }
}
