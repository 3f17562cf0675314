import ArgumentParser
import ControlAPI

/// Shows a sweep's progress until nothing more happens to it, then its document.
func watch(
    _ sweep: SweepReference,
    through client: inout Client,
    _ options: GlobalOptions
) throws {
    let terminal = Terminal.current()
    var isShown = false
    var nextLine = 0.0
    var failure: RPCError?
    let end = try client.stream(SweepFollow.self, SweepShow.Params(sweep: sweep)) { item in
        if let width = terminal.errorWidth {
            printNotePart("\r\u{1B}[K" + truncated(sweepLine(item), to: width - 1))
            isShown = true
        } else if monotonicSeconds() >= nextLine {
            printNote(sweepLine(item))
            nextLine = monotonicSeconds() + 10
        }
        guard options.format == .jsonl, failure == nil else { return }
        do throws(RPCError) {
            try options.showItem(item, kind: "sweep progress")
        } catch {
            failure = error
        }
    }
    if isShown { printNotePart("\r\u{1B}[K") }
    if let failure { throw failure }
    switch end {
    case .reply(let document):
        try options.show(document, kind: SweepFollow.kind, SweepPrinter(), isFinal: true)
        let code = exitCode(of: document)
        if code != 0 { throw ExitCode(code) }
    case .interrupted, .timedOut:
        printSentence("detached; sweep \(sweep) goes on")
        printSentence("watch it again: distmlctl sweep wait \(sweep)", indent: 2)
        printSentence("stop it: distmlctl sweep stop \(sweep)", indent: 2)
        throw ExitCode(130)
    }
}

/// What a person wants to know of a sweep at a glance.
func sweepLine(_ sweep: SweepDocument) -> String {
    var parts = ["\(sweep.id)", "\(sweep.finished)/\(sweep.trials.count) trials"]
    if let best = sweep.best, let score = sweep.trials[best - 1].score {
        let trial = sweep.trials[best - 1]
        parts.append("best \(short(score)) (\(trial.options))")
    }
    if sweep.run != nil {
        parts.append("training the best once more")
    } else if let now = sweep.trials.first(where: { $0.state == "running" }) {
        parts.append("now \(now.options), epoch \(short(now.epochs, digits: 3))")
    }
    return printable(parts.joined(separator: "  "))
}

/// What a program ends with that waited for a sweep.
func exitCode(of sweep: SweepDocument) -> Int32 {
    switch sweep.status {
    case .running: 0
    case .ended: sweep.trouble == nil ? 0 : 1
    case .stopped: sweep.trouble == nil ? 11 : 1
    }
}
