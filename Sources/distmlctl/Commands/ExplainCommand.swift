import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl explain`.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what became of a run, where and why, and what to type next."
    )

    @OptionGroup var chosen: RunArgument
    @OptionGroup var options: GlobalOptions

    func run() throws {
        var client = try options.connect()
        let run = try client.call(RunShow.self, RunShow.Params(run: chosen.reference))
        var notable: [RunLogs.Item] = []
        let params = RunLogs.Params(run: chosen.reference, follow: false, tail: 500)
        _ = try client.stream(RunLogs.self, params) { line in
            if ["warning", "error", "critical"].contains(line.level) { notable.append(line) }
        }
        let explanation = RunExplanation(run, notable: Array(notable.suffix(5)))
        try options.show(explanation, kind: "explain", ExplainPrinter())
    }
}

/// What became of a run, in words.
struct RunExplanation: Codable, Sendable {
    /// The run.
    var run: RunID
    /// What happened, one sentence each.
    var happened: [String]
    /// Lines of its log that warn of something.
    var log: [String]
    /// What to type next.
    var next: [String]

    init(_ run: RunDocument, notable: [RunLogs.Item]) {
        self.run = run.id
        let steps = "\(grouped(run.steps)) steps, \(short(run.epochs, digits: 3)) epochs"
        happened = ["\(run.algorithm.rawValue) on \(run.dataset): \(run.state) after \(steps)"]
        if let choices = run.choices { happened.append("it had chosen: \(choices)") }
        if let rule = run.rule { happened.append("ended by: \(rule)") }
        if let cause = run.cause {
            var place = cause.node.map { "on node \($0)" } ?? "on no node in particular"
            if let rank = cause.rank { place += ", rank \(rank.index)" }
            if let step = cause.step { place += ", at step \(grouped(step))" }
            happened.append("cause: \(cause.reason) (\(place))")
        }
        if run.isProvisional {
            happened.append(
                "that is one node's view: a majority of the seats has not confirmed it, or it is "
                    + "not on this node's disk yet"
            )
        }
        log = notable.map { "\(localTime($0.time)) \($0.node): \($0.text)" }
        next = RunAdvice(run).lines
    }
}

/// Prints `explain`.
struct ExplainPrinter: Printer {
    func lines(_ value: RunExplanation, on terminal: Terminal) -> [String] {
        let hasColor = terminal.hasColor && terminal.outputWidth != nil
        func section(_ title: String, _ lines: [String]) -> [String] {
            guard !lines.isEmpty else { return [] }
            let room = max(20, (terminal.outputWidth ?? .max / 2) - 2)
            return [hasColor ? colored(title, .bold) : title]
                + lines.flatMap { line in
                    wrapped(printable(line), to: room, cutsWords: false).map { "  " + $0 }
                }
        }
        return section("What happened to \(value.run)", value.happened)
            + section("Its log warns", value.log) + section("What to type next", value.next)
    }

    func names(_ value: RunExplanation) -> [String] { [value.run.text] }
}
