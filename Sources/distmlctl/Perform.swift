import ArgumentParser
import ControlAPI
import Glibc

/// Ends the program.
func leave(with code: Int32) -> Never {
    Glibc.exit(code)
}

/// Runs one command as typed and returns its exit code; prints everything there is to say.
func perform(_ typed: [String]) -> Int32 {
    let wantsJSON = asksForJSON(typed)
    do throws(RPCError) {
        if let context = try RemoteContext(in: typed) { return try context.run() }
    } catch {
        return report(error, asJSON: wantsJSON)
    }
    let words = globalOptionsLast(typed)
    if let mistake = misspelling(in: words, of: Distmlctl.self) {
        return report(mistake, asJSON: wantsJSON)
    }
    do {
        var command = try Distmlctl.parseAsRoot(words)
        if let rereading = command as? any RereadingCommand {
            try rereading.run(words: words)
        } else {
            try command.run()
        }
        return 0
    } catch let error as RPCError {
        return report(error, asJSON: wantsJSON)
    } catch let code as ExitCode {
        return code.rawValue
    } catch {
        return report(parsing: error, of: words, asJSON: wantsJSON)
    }
}

/// Prints help that was asked for, or what was wrong with the words.
private func report(parsing error: any Error, of words: [String], asJSON: Bool) -> Int32 {
    let text = Distmlctl.fullMessage(for: error)
    guard Distmlctl.exitCode(for: error) != .success else {
        if !text.isEmpty { printResult(text) }
        return 0
    }
    if let mistake = misspelledOption(in: words, of: Distmlctl.self) {
        return report(mistake, asJSON: asJSON)
    }
    let refusal = RPCError(
        .badUsage,
        Distmlctl.message(for: error),
        hint: dashHint(in: words) ?? usageHint(in: text)
    )
    return report(refusal, asJSON: asJSON)
}

/// The usage line out of the parser's message.
private func usageHint(in text: String) -> String? {
    let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
    let usage = lines.first { $0.hasPrefix("Usage: ") }?.dropFirst("Usage: ".count)
    let help = lines.first { $0.hasPrefix("See '") }
    return [usage.map { "usage: \($0)" }, help.map(String.init)]
        .compactMap(\.self).joined(separator: "\n").nilIfEmpty
}

/// Says what happened, where, and what to type next.
func report(_ error: RPCError, asJSON: Bool) -> Int32 {
    if asJSON, let text = try? jsonText(ErrorEnvelope(error), indented: false) {
        printResult(text)
    }
    let terminal = Terminal.current()
    if terminal.hasColor, terminal.errorWidth != nil {
        // The color takes no room, and what is red is seen first.
        printNotePart("\u{1B}[\(Color.red.rawValue)m")
        printSentence("error: \u{1B}[0m\(printable(error.description))")
    } else {
        printSentence("error: \(printable(error.description))")
    }
    for line in (error.hint ?? "").split(separator: "\n") {
        printSentence(printable(String(line)), indent: 2)
    }
    return error.code.exitCode
}

/// The words with the options that every command has moved behind it.
///
/// The parser knows them as options of each command; a person may type them first.
func globalOptionsLast(_ words: [String]) -> [String] {
    var first = 0
    while first < words.count {
        let word = words[first]
        if ["--socket", "-o", "--output"].contains(word), first + 1 < words.count {
            first += 2
        } else if word == "--json" || word.hasPrefix("--socket=") || word.hasPrefix("--output=") {
            first += 1
        } else {
            break
        }
    }
    return first == words.count ? words : Array(words[first...] + words[..<first])
}

/// Whether the words ask for JSON, as far as that can be known before they are parsed.
func asksForJSON(_ words: [String]) -> Bool {
    for (place, word) in words.enumerated() {
        if word == "--" { return false }
        if word == "--json" || word == "-ojson" || word == "-ojsonl" { return true }
        if word == "--output=json" || word == "--output=jsonl" { return true }
        guard word == "-o" || word == "--output", place + 1 < words.count else { continue }
        if words[place + 1] == "json" || words[place + 1] == "jsonl" { return true }
    }
    return false
}

extension String {
    fileprivate var nilIfEmpty: String? { isEmpty ? nil : self }
}
