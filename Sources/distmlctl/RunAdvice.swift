import ControlAPI
import Domain

/// What to type next, by what ended a run and where.
struct RunAdvice {
    private let run: RunDocument
    private let reason: String
    private let node: String

    init(_ run: RunDocument) {
        self.run = run
        reason = run.cause?.reason ?? ""
        node = run.cause?.node?.text ?? "that node"
    }

    /// One thing to do a line.
    var lines: [String] {
        let id = run.id.text
        switch run.outcome {
        case nil: return ["distmlctl wait \(id)", "distmlctl stop \(id)"]
        case .converged?:
            return run.model.map { ["distmlctl model show \($0)"] } ?? ["distmlctl runs show \(id)"]
        case .limitReached?:
            let more = run.model.map { ["distmlctl model show \($0)"] } ?? []
            return more + ["start it again with more --epochs, --steps or --max-time"]
        case .stopped? where run.cause != nil: return onceBack
        case .stopped?, .preempted?: return [resume]
        case .diverged?:
            return [
                "start it again without --lr: the rate is then taken from the curvature",
                "or with --lr auto, which finds it by trying",
                "distmlctl dataset stats \(run.dataset)",
            ]
        case .nodesLost?: return reason.hasPrefix("worker ") ? lostWorker : lostNode
        case .budgetSpent?: return ["distmlctl runs show \(id)"]
        case .failed?: return failure
        }
    }

    private var resume: String {
        let place = run.checkpointStep.map { "from step \(grouped($0))" }
        return "distmlctl resume \(run.id)   "
            + "(\(place ?? "from the beginning: there is no checkpoint"))"
    }

    private var onceBack: [String] { ["distmlctl node ls", "once \(node) is alive: \(resume)"] }

    /// The node is there, its worker is not: nothing has to be waited for.
    private var lostWorker: [String] {
        if reason.hasPrefix("worker was killed by signal 9") {
            return [
                "on \(node): journalctl -k -g 'out of memory'   (whether memory ran out there)",
                "distmlctl node show \(node)   (how much it has)", resume,
            ]
        }
        if reason.contains("failed to allocate") {
            return [
                "on \(node): give its workers more, 'worker: {memory: …}' in distmld.yaml, or none",
                resume,
            ]
        }
        if reason.hasPrefix("worker made no progress") {
            return [
                "distmlctl node health \(node)   (whether its host is overloaded)", resume,
            ]
        }
        if reason.hasPrefix("worker closed its socket") {
            return ["on \(node): journalctl -u 'distml-worker-*' -n 20   (how it ended)", resume]
        }
        return [
            "distmlctl logs \(run.id)", resume,
            "where it ends so again, it is a fault of distml: report it with that log",
        ]
    }

    private var lostNode: [String] {
        if reason.hasPrefix("the daemon was restarted") {
            return ["on \(node): journalctl -u distmld -n 50   (why it was)", resume]
        }
        guard reason.hasPrefix("link lost") || reason.contains("neither sent nor took") else {
            return onceBack
        }
        return ["distmlctl ring ping   (the way between the nodes)"] + onceBack
    }

    private var failure: [String] {
        let words = reason.hasPrefix("failure ") ? reason.dropFirst("failure ".count) : reason[...]
        if words.hasPrefix("worker ") { return ["on \(node): distmlctl doctor", resume] }
        let code = words.prefix { $0 != ":" }
        if code == "data_corrupt" {
            return ["distmlctl dataset verify \(run.dataset)   (names what is damaged)", resume]
        }
        if endsAgain.contains(String(code)) {
            return ["start it again with other options or data: as it is it would end so again"]
        }
        return ["distmlctl logs \(run.id)", "distmlctl doctor", resume]
    }
}

/// Failures that lie in what was asked: going on changes nothing.
private let endsAgain: Set<String> = [
    "empty_dataset", "few_rows", "foreign_checkpoint", "kernel_not_finite", "rows_stay",
    "unsupported",
]
