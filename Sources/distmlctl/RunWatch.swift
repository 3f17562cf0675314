import ArgumentParser
import ControlAPI
import Domain

/// Starts a run and, unless it is to be left alone, watches it to its end.
func start(_ command: some RunStarting) throws {
    let options = command.options
    var client = try options.connect()
    let params = RunStart.Params(spec: try command.spec())
    if command.chosen.dryRun {
        let reply = try client.call(RunCheck.self, params)
        try options.show(reply, kind: RunCheck.kind, RunCheckPrinter())
        throw ExitCode(9)
    }
    let started = try client.call(RunStart.self, params)
    if command.chosen.detach {
        return try options.show(started, kind: RunStart.kind, RunStartPrinter())
    }
    printNote("run \(started.run) on \(started.nodes.map(\.text).joined(separator: ", "))")
    try watch(RunReference(started.run.text), through: &client, options)
}

/// Shows a run's progress until it ends, then its document; the exit code is the outcome's.
///
/// The person has waited long enough at `deadline`, on the monotonic clock.
func watch(
    _ run: RunReference,
    through client: inout Client,
    _ options: GlobalOptions,
    until deadline: Double? = nil
) throws {
    var display = ProgressDisplay(terminal: Terminal.current())
    defer { display.clear() }
    let end = try follow(run, through: &client, options, until: deadline, on: &display)
    display.clear()
    let name = display.run?.text ?? run.text
    switch end {
    case .reply(let document):
        try options.show(document, kind: RunFollow.kind, RunPrinter(), isFinal: true)
        let code = exitCode(of: document)
        if code != 0 { throw ExitCode(code) }
    case .interrupted:
        printSentence("detached; run \(name) goes on")
        printSentence("watch it again: distmlctl wait \(name)", indent: 2)
        printSentence("stop it: distmlctl stop \(name)", indent: 2)
        throw ExitCode(130)
    case .timedOut:
        throw RPCError(
            .timedOut,
            "run \(name) has not ended; it goes on",
            hint: "wait again with 'distmlctl wait \(name)'"
        )
    }
}

/// Follows a run and shows what is told of it.
private func follow(
    _ run: RunReference,
    through client: inout Client,
    _ options: GlobalOptions,
    until deadline: Double?,
    on display: inout ProgressDisplay
) throws(RPCError) -> Client.StreamEnd<RunDocument> {
    var failure: RPCError?
    var name = run.text
    do throws(RPCError) {
        let params = RunFollow.Params(run: run)
        let end = try client.stream(RunFollow.self, params, until: deadline) { item in
            name = item.run.text
            display.show(item, now: monotonicSeconds())
            guard options.format == .jsonl, failure == nil else { return }
            do throws(RPCError) {
                try options.showItem(item, kind: "run progress")
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return end
    } catch {
        guard error.code == .notReady else { throw error }
        var lost = error
        lost.hint =
            "the run's other nodes end it and keep its checkpoint; on any of them: "
            + "distmlctl runs show \(name), distmlctl resume \(name)"
        throw lost
    }
}

/// What a program ends with that waited for a run.
func exitCode(of run: RunDocument) -> Int32 {
    switch run.outcome {
    case .converged?, .limitReached?, nil: 0
    case .failed?: 1
    case .budgetSpent?: 7
    case .diverged?: 10
    case .stopped?, .preempted?: 11
    case .nodesLost?: 12
    }
}
