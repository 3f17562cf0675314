import ArgumentParser
import ControlAPI

/// Says what may follow a line that is being typed: commands, options, live names, files.
struct Completer {
    /// What the completion of one line needs to know of the cluster.
    let names: () -> Names.Reply?

    /// The words that may stand where the cursor is, sorted.
    func candidates(for line: String) -> [String] {
        var (before, beginning) = typedSoFar(line)
        if before.first == "help" { before.removeFirst() }
        let (command, path, rest) = descend(before)
        let choices = subcommands(of: command)
        if !choices.isEmpty {
            guard rest.isEmpty else { return [] }
            let builtins = path.isEmpty ? ["help", "exit"] : []
            return matching(choices.map { name(of: $0) } + builtins, beginning)
        }
        if beginning.hasPrefix("-") {
            return matching(longOptions(of: command), beginning)
        }
        if rest.last == "--grid" { return matching(axes(of: command), beginning) }
        return matching(values(path, rest, beginning), beginning)
    }

    /// What a sweep can vary: the options of its runs, ready for their values.
    private func axes(of command: any ParsableCommand.Type) -> [String] {
        longOptions(of: command).filter { SweepOptions.words[$0] == nil }
            .map { $0.dropFirst(2) + "=" }
    }

    /// The command that the words lead to, and the words after it.
    private func descend(
        _ words: [String]
    ) -> (command: any ParsableCommand.Type, path: [String], rest: [String]) {
        var command: any ParsableCommand.Type = Distmlctl.self
        for (place, word) in words.enumerated() {
            guard let next = subcommands(of: command).first(where: { name(of: $0) == word }) else {
                return (command, Array(words[..<place]), Array(words[place...]))
            }
            command = next
        }
        return (command, words, [])
    }

    private func matching(_ texts: [String], _ beginning: String) -> [String] {
        Set(texts.filter { $0.hasPrefix(beginning) }).sorted()
    }

    private func values(_ path: [String], _ rest: [String], _ beginning: String) -> [String] {
        let fixed: [String: [String]] = [
            "--output": OutputFormat.allValueStrings, "-o": OutputFormat.allValueStrings,
            "--model": ["linear", "logistic", "softmax", "mlp:256,128", "cnn:32c3,p2,64c3,p2,128"],
            "--bias": ["free", "none", "feature"],
            "--schedule": ["constant", "step", "cosine", "inverse", "onecycle"], "--lr": ["auto"],
            "--missing": ["mean", "zero"], "--format": ReadingOptions.Format.allValueStrings,
            "--to": ModelExport.Format.allValueStrings,
            "--status": RunFilter.states, "--on-loss": ["fail"], "--index-base": ["0", "1"],
        ]
        if let last = rest.last {
            if let values = fixed[last] { return values }
            if ["--dataset", "--val-dataset", "--like"].contains(last) {
                return select(.datasets)
            }
            if last == "--nodes" { return select(.nodes) }
            if last.hasPrefix("--"), !["--json", "--detach", "--follow", "--all"].contains(last) {
                return []
            }
        }
        if path == ["completion"] { return ["bash", "zsh", "fish"] }
        let place = rest.count { !$0.hasPrefix("-") }
        let takesFiles = ["dataset add": 1, "model predict": 1, "model export": 1]
        if let first = takesFiles[path.joined(separator: " ")], place >= first {
            return fileNames(beginning: beginning)
        }
        return kind(of: path, place: place).map(select) ?? []
    }

    /// What stands at a place of a command.
    private func kind(of path: [String], place: Int) -> LiveNames? {
        switch (path.joined(separator: " "), place) {
        case ("node show", 0), ("node health", 0): .nodes
        case ("dataset show", 0), ("dataset stats", 0), ("dataset verify", 0), ("dataset rm", 0),
            ("model eval", 1):
            .datasets
        case ("logs", 0), ("wait", 0), ("stop", 0), ("resume", 0), ("explain", 0),
            ("runs show", 0), ("runs rm", 0), ("runs diff", 0), ("runs diff", 1):
            .runs
        case ("sweep show", 0), ("sweep wait", 0), ("sweep stop", 0), ("sweep resume", 0): .sweeps
        case ("model show", 0), ("model eval", 0), ("model predict", 0), ("model export", 0),
            ("model rm", 0):
            .modelsAndRuns
        default: nil
        }
    }

    private func select(_ kind: LiveNames) -> [String] {
        names().map(kind.select) ?? []
    }
}

/// What all texts begin with.
func commonBeginning(_ texts: [String]) -> String {
    guard var common = texts.first else { return "" }
    for text in texts {
        while !text.hasPrefix(common) { common.removeLast() }
    }
    return common
}

/// Texts side by side in as many columns as fit.
func inColumns(_ texts: [String], width: Int) -> [String] {
    let cell = (texts.map(displayWidth).max() ?? 0) + 2
    let across = max(1, width / cell)
    let down = (texts.count + across - 1) / across
    return (0..<down).map { row in
        let line = stride(from: row, to: texts.count, by: down).map { index in
            texts[index] + String(repeating: " ", count: cell - displayWidth(texts[index]))
        }
        return String(line.joined().reversed().drop { $0 == " " }.reversed())
    }
}
