import ControlAPI
import Domain
import Glibc

/// The program without a command: a shell on a terminal, a reader of commands from a pipe.
enum Shell {
    /// Reads commands, one a line, until one fails; returns its exit code.
    ///
    /// Empty lines and comments count as lines, so that the number in a message is the file's.
    static func readPipe() -> Int32 {
        var number = 0
        while let line = readLine() {
            number += 1
            let code = runPiped(line)
            guard code == 0 else {
                printNote("stopped at line \(number); what follows it was not run")
                return code
            }
        }
        return 0
    }

    /// Runs one line that came through standard input, which therefore is no file.
    private static func runPiped(_ line: String) -> Int32 {
        let words = (try? splitWords(line)) ?? []
        guard words.contains("-"), !words.starts(with: ["model", "export"]) else {
            return runLine(line)
        }
        let error = RPCError(
            .badUsage,
            "standard input holds the commands and cannot hold data as well",
            hint: "name a file instead of '-'"
        )
        return report(error, asJSON: asksForJSON(words))
    }

    /// Reads commands from a person until Ctrl-D or `exit`.
    static func interact() -> Int32 {
        surviveInterrupts()
        let cache = NamesCache()
        let completer = Completer(names: { cache.names() })
        let editor = LineEditor(historyPath: historyPath()) { completer.candidates(for: $0) }
        let terminal = Terminal.current()
        printSentence(
            "distmlctl \(distmlVersion); Tab completes, 'help' lists the commands, Ctrl-D leaves"
        )
        var lastCode: Int32 = 0
        while true {
            let prompt = promptText(cache.names(), terminal: terminal, lastCode: lastCode)
            switch editor.readLine(prompt: prompt) {
            case .end:
                printNote("")
                return 0
            case .interrupted: lastCode = 0
            case .line(let line):
                let words = (try? splitWords(line)) ?? []
                if words.first == "exit" || words.first == "quit" { return 0 }
                editor.remember(line.trimmingSpaces)
                lastCode = runLine(line)
                cache.forget()
            }
        }
    }

    /// Runs one line; returns its exit code, 0 for an empty one.
    private static func runLine(_ line: String) -> Int32 {
        var words: [String]
        do throws(RPCError) {
            words = try splitWords(line)
        } catch {
            return report(error, asJSON: false)
        }
        if words.first == "distmlctl" { words.removeFirst() }
        guard let first = words.first else { return 0 }
        if first == "help" {
            words.removeFirst()
            words.append("--help")
        }
        return perform(words)
    }

    /// Ctrl-C ends what the shell is waiting for, not the shell.
    private static func surviveInterrupts() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        sigaction(SIGINT, &action, nil)
    }

    private static func historyPath() -> String? {
        guard let home = environment("HOME"), !home.isEmpty else { return nil }
        let state =
            environment("XDG_STATE_HOME").flatMap { $0.isEmpty ? nil : $0 }
            ?? "\(home)/.local/state"
        // Folders that exist already are as good as made.
        for folder in ["\(home)/.local", state, "\(state)/distml"] { mkdir(folder, 0o700) }
        return "\(state)/distml/history"
    }
}

/// What stands before the cursor: the cluster and how it is.
func promptText(_ names: Names.Reply?, terminal: Terminal, lastCode: Int32) -> String {
    func tinted(_ text: String, _ color: Color) -> String {
        guard terminal.hasColor else { return text }
        let mark = String(LineEditor.promptEscape)
        return "\(mark)\u{1B}[\(color.rawValue)m\(mark)\(text)\(mark)\u{1B}[0m\(mark)"
    }
    let failure = lastCode == 0 ? "" : tinted("[\(lastCode)] ", .red)
    guard let names else { return failure + tinted("no daemon", .red) + "> " }
    // A healthy cluster needs no more than its name.
    let health =
        names.health == .healthy
        ? tinted("healthy", .green)
        : tinted(word(for: names.health), color(of: names.health))
    let isNarrow = (terminal.outputWidth ?? 80) < 60
    let cluster = isNarrow ? truncated(names.cluster.text, to: 12) : names.cluster.text
    return "\(failure)\(cluster) \(health)> "
}

/// The live names, asked for at most every two seconds.
final class NamesCache {
    private static let secondsMax = 2.0
    private var fetchedAt: Double?
    private var value: Names.Reply?

    /// What the cluster has now, nil where no daemon answers.
    func names() -> Names.Reply? {
        let now = monotonicSeconds()
        if let fetchedAt, now - fetchedAt < Self.secondsMax { return value }
        value = fetchNames(socket: nil)
        fetchedAt = now
        return value
    }

    /// Asks anew the next time: a command may have changed something.
    func forget() { fetchedAt = nil }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
