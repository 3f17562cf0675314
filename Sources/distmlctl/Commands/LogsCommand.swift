import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl logs`.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what happened in a run, all nodes' lines merged."
    )

    @OptionGroup var chosen: RunArgument

    @Flag(name: .shortAndLong, help: "Go on until the run has ended; Ctrl-C ends the listening.")
    var follow = false

    @Option(name: .shortAndLong, help: "Only the last so many lines of what there is.")
    var tail: Int?

    @OptionGroup var options: GlobalOptions

    func run() throws {
        if let tail, tail < 0 { throw ValidationError("--tail wants 0 or more lines") }
        var client = try options.connect()
        let terminal = Terminal.current()
        var failure: RPCError?
        let end = try client.stream(
            RunLogs.self,
            RunLogs.Params(run: chosen.reference, follow: follow, tail: tail)
        ) { line in
            guard !options.format.isJSON else {
                do throws(RPCError) {
                    try options.showItem(line, kind: RunLogs.kind)
                } catch {
                    failure = failure ?? error
                }
                return
            }
            printResult(logLine(line, on: terminal))
        }
        if let failure { throw failure }
        guard case .reply(let reply) = end else { throw ExitCode(130) }
        if options.format.isJSON {
            let envelope = Envelope(kind: RunLogs.kind, data: reply, final: true)
            printResult(try jsonText(envelope, indented: false))
        }
        for node in reply.missing {
            printNote("the lines of node \(node) could not be had")
        }
    }
}

/// One line of a log for a person.
func logLine(_ line: RunLogs.Item, on terminal: Terminal) -> String {
    let hasColor = terminal.hasColor && terminal.outputWidth != nil
    let time = localTime(line.time)
    let isNarrow = (terminal.outputWidth ?? 80) < 60
    let head = isNarrow ? String(time.suffix(8)) : time
    let color: Color? =
        switch line.level {
        case "error", "critical": .red
        case "warning": .yellow
        case "debug", "trace": .faint
        default: nil
        }
    let text = printable(line.text)
    let faintHead = hasColor ? colored(head, .faint) : head
    let level = color == nil || color == .faint || hasColor ? "" : "\(line.level): "
    return "\(faintHead) \(line.node): \(level)\(colored(text, hasColor ? color : nil))"
}
