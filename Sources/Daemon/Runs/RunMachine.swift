import Domain

/// The life of one run on one node: events in, actions out; no I/O, no clock, no thread.
///
///     prepared ──begin──► running ──localEnd──► deciding ──agreed──► final
///         │                  │                    │  ▲
///         │                  └────agreed──────────┼──┘ retry, while the register is out of reach
///         ├──localEnd: never begun──► deciding    │
///         └──superseded / agreed──────────────────┴──────────────► final
///
/// Nothing is final until the run's register says so. Until then the local end is provisional.
struct RunMachine {
    enum State: Equatable {
        /// Accepted, its generation on disk; waiting for the word to begin.
        case prepared
        /// Worker and ring are at work.
        case running
        /// Ended here; the register is being asked.
        case deciding(RunResult)
        /// Agreed by a majority of the seats.
        case final(RunResult)
        /// Another generation took over; this one does nothing any more.
        case superseded
    }

    enum Event {
        /// The coordinator says that all have accepted.
        case begin
        /// This node's part ended, well or badly, or was never begun.
        case localEnd(RunResult)
        /// Somebody who cannot continue says so.
        case abort(Cause)
        /// The register holds this outcome for this generation.
        case agreed(RunResult)
        /// The register could not be reached.
        case unreachable
        /// The register holds a higher generation.
        case higherGeneration
        /// It is time to ask the register again.
        case retry
    }

    enum Action: Equatable {
        /// Starts worker and ring.
        case start
        /// Ends worker and ring, naming the cause to the neighbours.
        case halt(Cause)
        /// Shows the local end as provisional and writes it to the register if nothing is there.
        case propose(RunResult)
        /// Asks again after a pause.
        case retryLater
        /// Shows the agreed end and stores it.
        case publish(RunResult)
        /// Forgets about it: nothing was started.
        case forget
    }

    private(set) var state: State = .prepared

    /// The local end that is shown until there is an agreed one.
    var provisional: RunResult? {
        if case .deciding(let result) = state { return result }
        return nil
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.prepared, .begin):
            state = .running
            return [.start]
        case (.prepared, .higherGeneration):
            state = .superseded
            return [.forget]
        case (.prepared, .abort(let cause)):
            return end(RunResult(outcome: .failed, rule: cause.reason, cause: cause))
        case (.running, .abort(let cause)):
            return [.halt(cause)]
        case (.prepared, .localEnd(let result)), (.running, .localEnd(let result)):
            return end(result)
        case (.running, .higherGeneration):
            state = .superseded
            return [.halt(Cause(node: nil, reason: "another generation took over")), .forget]
        case (.deciding, .higherGeneration):
            state = .superseded
            return [.forget]
        case (.deciding, .unreachable):
            return [.retryLater]
        case (.deciding(let result), .retry):
            return [.propose(result)]
        case (.running, .agreed(let result)):
            state = .final(result)
            return [.halt(Cause(node: nil, reason: "the run has ended")), .publish(result)]
        case (.prepared, .agreed(let result)), (.deciding, .agreed(let result)):
            state = .final(result)
            return [.publish(result)]
        case (.final, _), (.superseded, _), (.running, _), (.deciding, _), (.prepared, _):
            return []
        }
    }

    private mutating func end(_ result: RunResult) -> [Action] {
        state = .deciding(result)
        return [.propose(result)]
    }
}
