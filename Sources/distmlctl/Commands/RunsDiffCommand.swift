import ArgumentParser
import ControlAPI

/// The command `distmlctl runs diff`.
struct RunsDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show in which options and results two runs differ."
    )

    @Argument(help: "A run: id, name or @last.", completion: LiveNames.runs.completion)
    var left: String

    @Argument(help: "The run to compare it with.", completion: LiveNames.runs.completion)
    var right: String

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(
            RunDiff.self,
            RunDiff.Params(left: RunReference(left), right: RunReference(right)),
            RunDiffPrinter()
        )
    }
}

/// Prints `runs diff`.
struct RunDiffPrinter: Printer {
    func lines(_ reply: RunDiff.Reply, on terminal: Terminal) -> [String] {
        guard !reply.options.isEmpty || !reply.results.isEmpty else {
            printNote("no difference")
            return []
        }
        var table = Table([
            .init("", shrinksTo: 10), .init("\(reply.left)", shrinksTo: 8),
            .init("\(reply.right)", shrinksTo: 8),
        ])
        for difference in reply.options + reply.results {
            table.add([
                .init(difference.name), .init(difference.left ?? "-"),
                .init(difference.right ?? "-"),
            ])
        }
        return table.lines(
            width: terminal.outputWidth,
            hasColor: terminal.hasColor && terminal.outputWidth != nil
        )
    }

    func names(_ reply: RunDiff.Reply) -> [String] {
        (reply.options + reply.results).map(\.name)
    }
}
