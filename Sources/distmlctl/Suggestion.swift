import ArgumentParser
import ControlAPI

/// What is wrong with a word that should be a command; nil where nothing is.
///
/// The parser would call it an unexpected argument; a person wants to hear what was meant.
func misspelling(in words: [String], of root: any ParsableCommand.Type) -> RPCError? {
    var command = root
    var path: [String] = [name(of: root)]
    for word in words {
        let choices = subcommands(of: command)
        if choices.isEmpty || word.hasPrefix("-") { return nil }
        if word == "help" {
            // What help is wanted for is a command, too.
            return path.count == 1 ? misspelling(in: Array(words.dropFirst()), of: root) : nil
        }
        if let next = choices.first(where: { name(of: $0) == word }) {
            command = next
            path.append(word)
            continue
        }
        let spelled = path.joined(separator: " ")
        var hint = "see what there is with '\(spelled) --help'"
        if let meant = nearest(to: word, path: path, among: choices.map { name(of: $0) }) {
            hint = "did you mean '\(meant)'?"
        }
        return RPCError(.badUsage, "'\(spelled)' has no command '\(printable(word))'", hint: hint)
    }
    return nil
}

/// The first long option that the command in `words` does not have; nil where all are right.
///
/// The parser would speak of what is missing before it speaks of what is wrong. Asked only once
/// it has refused the words: to know the options takes as long as all else together.
func misspelledOption(in words: [String], of root: any ParsableCommand.Type) -> RPCError? {
    var command = root
    var path: [String] = [name(of: root)]
    for word in words {
        guard let next = subcommands(of: command).first(where: { name(of: $0) == word }) else {
            break
        }
        command = next
        path.append(word)
    }
    guard subcommands(of: command).isEmpty else { return nil }
    let known = longOptions(of: command, withHidden: true)
    for word in words.dropFirst(path.count - 1) {
        if word == "--" { return nil }
        let option = String(word.prefix { $0 != "=" })
        guard option.hasPrefix("--"), !option.hasPrefix("---"), !known.contains(option) else {
            continue
        }
        return unknownOption(option, of: path.joined(separator: " "), among: known)
    }
    return nil
}

/// What to type where the parser took a negative number for an option; nil where it did not.
func dashHint(in words: [String]) -> String? {
    for (option, value) in zip(words, words.dropFirst())
    where option.hasPrefix("--") && value.hasPrefix("-") && Double(value) != nil {
        return "a value that begins with '-' is written with '=': \(option)=\(value)"
    }
    return nil
}

/// What is said of an option that the command spelled so does not have.
func unknownOption(_ option: String, of spelled: String, among known: [String]) -> RPCError {
    let ranked = known.map { ($0, editDistance(option, $0)) }.min { $0.1 < $1.1 }
    var hint = "see the options with '\(spelled) --help'"
    if let (meant, distance) = ranked, distance <= max(1, (option.count - 2) / 3) {
        hint = "did you mean '\(meant)'?"
    }
    return RPCError(.badUsage, "'\(spelled)' has no option '\(printable(option))'", hint: hint)
}

/// The long options of a command, as its help lists them; on demand also those that it takes only
/// to say why not.
func longOptions(
    of command: any ParsableCommand.Type,
    withHidden: Bool = false
) -> [String] {
    var found: [String] = []
    let help = Distmlctl.helpMessage(for: command, includeHidden: withHidden, columns: 200)
    for line in help.split(separator: "\n") {
        let bare = line.drop { $0 == " " }
        guard bare.hasPrefix("-") else { continue }
        for word in bare.split(whereSeparator: { " ,/".contains($0) }) {
            guard word.hasPrefix("-") else { break }
            if word.hasPrefix("--") { found.append(String(word)) }
        }
    }
    return found
}

/// The names of a command's subcommands.
func subcommands(of command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    command.configuration.subcommands
        + command.configuration.groupedSubcommands.flatMap(\.subcommands)
}

/// What a person types to get the command.
func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? command._commandName
}

/// Other words that people bring along from other tools.
private let habits: [String: String] = [
    "status": "distmlctl cluster status", "nodes": "distmlctl node ls",
    "datasets": "distmlctl dataset ls", "data": "distmlctl dataset ls",
    "models": "distmlctl model ls", "jobs": "distmlctl ps", "train": "distmlctl run sgd",
    "kill": "distmlctl stop", "attach": "distmlctl wait", "predict": "distmlctl model predict",
    "eval": "distmlctl model eval", "add": "distmlctl dataset add", "ls": "distmlctl ps -a",
    "run ls": "distmlctl runs ls", "run show": "distmlctl runs show",
    "run rm": "distmlctl runs rm", "run list": "distmlctl runs ls",
    "run stop": "distmlctl stop", "run logs": "distmlctl logs", "run wait": "distmlctl wait",
    "run resume": "distmlctl resume", "search": "distmlctl sweep sgd",
    "tune": "distmlctl sweep sgd", "sweep rm": "distmlctl runs rm",
    "stop sweep": "distmlctl sweep stop", "sweep list": "distmlctl sweep ls",
    "runs stop": "distmlctl stop", "runs logs": "distmlctl logs",
    "node status": "distmlctl node health",
]

private let verbs: [String: String] = [
    "list": "ls", "delete": "rm", "remove": "rm", "info": "show", "inspect": "show",
    "get": "show", "describe": "show", "import": "add", "create": "add", "check": "verify",
    "save": "export", "evaluate": "eval", "exit": "", "quit": "",
]

private func nearest(to word: String, path: [String], among choices: [String]) -> String? {
    let tail = (path.dropFirst() + [word]).joined(separator: " ")
    if let meant = habits[tail] { return meant }
    if let verb = verbs[word], choices.contains(verb) {
        return (path + [verb]).joined(separator: " ")
    }
    var meanings = choices.map { (typed: $0, meant: (path + [$0]).joined(separator: " ")) }
    if path.count == 1 {
        meanings += habits.filter { !$0.key.contains(" ") }.map { ($0.key, $0.value) }
    }
    let ranked = meanings.map { (meant: $0.meant, distance: editDistance(word, $0.typed)) }
    let best = ranked.min { ($0.distance, $0.meant) < ($1.distance, $1.meant) }
    guard let best, best.distance <= max(1, word.count / 3) else { return nil }
    return best.meant
}

/// Insertions, deletions, replacements and swaps of neighbours that make one word of another.
///
/// Source: the restricted form of Damerau's distance (optimal string alignment).
func editDistance(_ left: String, _ right: String) -> Int {
    let a = Array(left)
    let b = Array(right)
    var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    for i in 1...a.count {
        for j in 1...b.count {
            let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
            }
        }
    }
    return rows[a.count][b.count]
}
