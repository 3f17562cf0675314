import Domain
import Logging

/// How long another seat may take to hear something; a silent one is lost anyway.
private let tellLimit = Duration.seconds(2)

/// What a seat tells the other seats and the node's own log.
extension LocalRun {
    /// Tells all other seats, all at once, and waits for those that answer.
    func tellOthers<Call: PeerMethod>(_ call: Call.Type, _ request: Call.Request) async {
        await withTaskGroup(of: Void.self) { group in
            for seat in record.plan.seats where seat.node != world.node {
                group.addTask { [world] in
                    _ = try? await world.network.call(
                        call,
                        request,
                        on: seat.node,
                        within: tellLimit
                    )
                }
            }
        }
    }

    /// Stops this part with a checkpoint because this node goes away.
    ///
    /// The others are told first: the wish to stop travels with the sums and may end the run at
    /// once, and whoever then writes the outcome has to know the cause.
    func leave() async {
        guard !isOver else { return }
        noteLeaving(of: world.node)
        await tellOthers(
            RunLeavingCall.self,
            RunLeavingCall.Request(run: id, generation: generation)
        )
        control.stop()
    }

    /// Takes the news that a seat's node goes away; a node without a seat has nothing to say here.
    nonisolated func noteLeaving(of node: NodeID) {
        guard let rank = prepared.record.plan.rank(of: node) else { return }
        control.note(
            leaving: Cause(node: node, rank: rank, reason: "node \(node) is shutting down")
        )
    }

    /// The end with the word of the node that went away, where that is what ended the run.
    func explained(_ result: RunResult) -> RunResult {
        guard let leaving = control.leaving else { return result }
        var result = result
        switch result.outcome {
        case .stopped:
            result.rule = "stopped with a checkpoint, because a node goes away"
            result.cause = leaving
            result.cause?.step = result.steps
        case .nodesLost where result.cause?.node == leaving.node:
            // It went before its checkpoint was written.
            let reason = result.cause?.reason ?? ""
            result.cause?.reason = "\(leaving.reason): \(reason)"
        default: break
        }
        return result
    }

    /// One line in this node's log where its part begins.
    func logBegin() {
        world.log.info(
            "run begins",
            metadata: [
                "run": "\(id)", "algorithm": "\(record.spec.algorithm.rawValue)",
                "dataset": "\(record.spec.dataset)",
                "nodes": "\(record.plan.seats.map(\.node.text).joined(separator: ","))",
                "generation": "\(generation)",
            ]
        )
    }

    /// One line in this node's log where the end is agreed on.
    func logEnd(_ result: RunResult) {
        let tenths = (result.wallSeconds * 10).rounded() / 10
        var fields: Logger.Metadata = [
            "run": "\(id)", "outcome": "\(result.outcome.rawValue)", "steps": "\(result.steps)",
            "seconds": "\(tenths)",
        ]
        if let cause = result.cause { fields["cause"] = "\(cause)" }
        world.log.info("run ends", metadata: fields)
    }
}
