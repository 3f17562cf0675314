import ArgumentParser
import ControlAPI
import Domain

/// A command that starts a run of what it was given.
protocol RunStarting: ParsableCommand {
    /// What is asked of every run.
    var chosen: RunOptions { get }
    /// What is fitted, and its penalty.
    var fit: FitOptions { get }
    /// What is watched on validation rows.
    var watch: WatchOptions { get }
    /// How the result is printed, and the daemon's socket.
    var options: GlobalOptions { get }

    /// The run that was asked for.
    func spec() throws -> RunSpec
}

extension RunStarting {
    /// What was asked of a run of this algorithm, its own options left out.
    func spec(of algorithm: Algorithm) -> RunSpec {
        var spec = chosen.spec(algorithm)
        fit.fill(&spec)
        watch.fill(&spec)
        return spec
    }
}

/// A command that reads its own words once more, with others in between.
protocol RereadingCommand: ParsableCommand {
    func run(words: [String]) throws
}

/// Options that a sweep sets itself, or whose change would leave nothing to compare.
private let fixedOptions = ["name", "dataset", "val-dataset", "val-split", "detach", "dry-run"]

/// The trials of a sweep: for each combination the run that its words ask for.
///
/// `words` are those of the sweep command from its algorithm on, as typed; `tell` is given what a
/// person should know besides.
func trials<Job: RunStarting>(
    of job: Job.Type,
    _ sweep: SweepOptions,
    words: [String],
    seed: UInt64,
    telling tell: (String) -> Void = { printSentence($0) }
) throws -> [SweepTrial] {
    var axes = try Axis.merged(
        try sweep.grid.map { text throws(RPCError) in try Axis(typed: text) }
    )
    for place in axes.indices {
        let twice = axes[place].dropDuplicates()
        guard !twice.isEmpty else { continue }
        let values = printable(twice.joined(separator: ", "))
        tell("--grid \(axes[place].option): \(values) stands there twice and is tried once")
    }
    try check(axes, of: job, words: words)
    let combinations: [Combination]
    if let random = sweep.random {
        guard !axes.isEmpty else {
            throw RPCError(
                .badUsage,
                "--random: nothing to draw from",
                hint: "add --grid lr=1e-4..1e-1"
            )
        }
        combinations = draws(random, of: axes, seed: seed)
    } else {
        combinations = try grid(of: axes)
    }
    guard combinations.count <= SweepSpec.trialsMax else {
        throw RPCError(
            .badUsage,
            "\(combinations.count) combinations are more than \(SweepSpec.trialsMax) trials",
            hint: "try fewer values, or draw some of them with --random \(SweepSpec.trialsMax / 4)"
        )
    }
    let base = withoutSweepOptions(words)
    return try combinations.map { combination in
        let added = try combination.flatMap { try typed($0.option, $0.value, of: job) }
        let name = text(of: combination)
        return SweepTrial(options: name, spec: try spec(of: job, base + added, trial: name))
    }
}

/// The words without the sweep's own options.
func withoutSweepOptions(_ words: [String]) -> [String] {
    var result: [String] = []
    var skipsNext = false
    for word in words {
        if skipsNext {
            skipsNext = false
            continue
        }
        let name = String(word.prefix { $0 != "=" })
        guard let takesValue = SweepOptions.words[name] else {
            result.append(word)
            continue
        }
        skipsNext = takesValue && !word.contains("=")
    }
    return result
}

private func check<Job: RunStarting>(
    _ axes: [Axis],
    of job: Job.Type,
    words: [String]
) throws(RPCError) {
    let known = longOptions(of: job, withHidden: true)
    for axis in axes {
        let option = "--" + axis.option
        guard known.contains(option) else {
            let name = "distmlctl run \(name(of: job))"
            throw unknownOption(option, of: name, among: known)
        }
        if fixedOptions.contains(axis.option) {
            throw RPCError(
                .badUsage,
                "--grid \(axis.option): every trial has the same \(axis.option)",
                hint: "give \(option) once, outside of --grid"
            )
        }
        if words.contains(where: { $0 == option || $0.hasPrefix(option + "=") }) {
            throw RPCError(
                .badUsage,
                "\(option) is given, and varied by --grid as well",
                hint: "leave out one of the two"
            )
        }
    }
}

/// An option and its value as words; a flag is there where its value is `true`.
private func typed<Job: RunStarting>(
    _ option: String,
    _ value: String,
    of job: Job.Type
) throws(RPCError) -> [String] {
    let word = "--" + option
    guard isFlag(word, of: job) else { return ["\(word)=\(value)"] }
    switch value {
    case "true": return [word]
    case "false": return []
    default:
        throw RPCError(
            .badUsage,
            "--grid \(option)=\(printable(value)): \(word) takes no value",
            hint: "write \(option)=true,false"
        )
    }
}

private func isFlag(_ option: String, of command: any ParsableCommand.Type) -> Bool {
    let help = Distmlctl.helpMessage(for: command, includeHidden: true, columns: 200)
    for line in help.split(separator: "\n") {
        let words = line.split(whereSeparator: { " ,/".contains($0) }).map(String.init)
        guard line.drop(while: { $0 == " " }).hasPrefix("-"),
            let place = words.firstIndex(of: option)
        else { continue }
        return !(place + 1 < words.count && words[place + 1].hasPrefix("<"))
    }
    return false
}

private func spec<Job: RunStarting>(
    of job: Job.Type,
    _ words: [String],
    trial: String
) throws -> RunSpec {
    do {
        guard let command = try Distmlctl.parseAsRoot(["run"] + words) as? Job else {
            throw RPCError(.internalError, "the words of trial \(trial) are another command's")
        }
        var spec = try command.spec()
        spec.name = nil
        return spec
    } catch let error as RPCError {
        throw error
    } catch {
        let lines = Distmlctl.message(for: error).split(separator: "\n")
        let reason = lines.joined(separator: " ")
        throw RPCError(.badUsage, "trial \(printable(trial)): \(reason)")
    }
}
