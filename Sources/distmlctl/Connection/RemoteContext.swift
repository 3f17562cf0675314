import ArgumentParser
import CLinux
import ControlAPI
import Glibc

/// `--context host`: the same command, run on another host through `ssh`.
///
/// The file that a command reads is opened here and streamed over standard input; the file that
/// it writes is made here from standard output. Rights are those of the account on that host.
struct RemoteContext {
    /// As typed behind `--context`: what ssh calls the host.
    let host: String
    /// The words for the other side.
    var words: [String]
    /// What the other side reads; nil for this program's own standard input.
    private var input: OpenedFile?
    /// Where the other side's result goes; nil for this program's own standard output.
    private var target: String?

    /// The context that the words ask for; nil where they ask for none.
    init?(in words: [String]) throws(RPCError) {
        var rest: [String] = []
        var host: String?
        var place = 0
        while place < words.count {
            let word = words[place]
            if word == "--" {
                rest += words[place...]
                break
            }
            if word.hasPrefix("--context=") {
                host = String(word.dropFirst("--context=".count))
            } else if word == "--context" {
                guard place + 1 < words.count else {
                    throw RPCError(.badUsage, "--context: no host", hint: "--context HOST")
                }
                place += 1
                host = words[place]
            } else {
                rest.append(word)
            }
            place += 1
        }
        guard let host else { return nil }
        guard !host.isEmpty, !host.hasPrefix("-"), !host.contains(where: { $0.isWhitespace }) else {
            throw RPCError(
                .badUsage,
                "--context: '\(printable(host))' is no host",
                hint: "name it as ssh does: HOST or USER@HOST"
            )
        }
        self.host = host
        self.words = rest
        try translateFiles()
    }

    /// Names of local files mean nothing on the other side.
    private mutating func translateFiles() throws(RPCError) {
        // What cannot be parsed is refused on the other side, in the same words as here.
        let command = try? Distmlctl.parseAsRoot(globalOptionsLast(words))
        switch command {
        case let add as DatasetAddCommand: try stream(add.files)
        case let predict as ModelPredictCommand:
            try stream(predict.files)
            if let file = predict.to {
                target = file
                words = without("--to", file)
            }
        case let export as ModelExportCommand where export.file != "-":
            let name = export.file ?? "\(export.chosen.text).\(export.to.rawValue)"
            target = name
            if let place = words.lastIndex(where: { $0 == export.file }) {
                words[place] = "-"
            } else {
                words.append("-")
            }
        default: break
        }
    }

    private mutating func stream(_ files: [String]) throws(RPCError) {
        guard let file = files.first, file != "-" || files.count > 1 else { return }
        guard files.count == 1 else {
            throw RPCError(
                .badUsage,
                "--context: one file can be streamed, not \(files.count)",
                hint: "copy them to \(printable(host)) and run the command there"
            )
        }
        input = try OpenedFile.forReading(file)
        if let place = words.lastIndex(of: file) { words[place] = "-" }
    }

    private func without(_ option: String, _ value: String) -> [String] {
        if let place = words.firstIndex(of: "\(option)=\(value)") {
            return Array(words[..<place] + words[(place + 1)...])
        }
        guard let place = words.firstIndex(of: option) else { return words }
        return Array(words[..<place] + words[min(words.count, place + 2)...])
    }

    /// What ssh is called with.
    ///
    /// Its remote side hands one line to a shell, so every word is quoted.
    func arguments(onTerminal: Bool) -> [String] {
        let line = (["distmlctl"] + words).map(quoted).joined(separator: " ")
        return ["ssh"] + (onTerminal ? ["-t"] : []) + ["--", host, line]
    }

    /// Runs it; the exit code is that of the other side.
    func run() throws(RPCError) -> Int32 {
        let terminal = Terminal.current()
        let isInteractive =
            terminal.inputIsTerminal && terminal.outputWidth != nil && input == nil
            && target == nil
        let words = arguments(onTerminal: isInteractive)
        guard let target else { return try spawn(words, output: nil) }
        let file = try NewFile(target)
        let code = try spawn(words, output: file.descriptor)
        if code == 0 {
            try file.keep()
            printNote("→ \(printable(target))")
        }
        return code
    }

    private func spawn(_ words: [String], output: Int32?) throws(RPCError) -> Int32 {
        let streams = [
            input?.descriptor ?? STDIN_FILENO, output ?? STDOUT_FILENO, STDERR_FILENO,
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var child: pid_t = 0
        let failure = cl_start("ssh", arguments, environ, streams, 0, &child)
        guard failure == 0 else {
            throw RPCError(
                .notReady,
                "cannot start ssh: \(String(cString: strerror(failure)))",
                hint: "--context needs the program ssh"
            )
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let isExit = status & 0x7F == 0
        let code = isExit ? (status >> 8) & 0xFF : 130
        guard code != 255 else {
            throw RPCError(
                .notReady,
                "ssh could not run distmlctl on \(printable(host))",
                hint: "try 'ssh \(printable(host)) distmlctl version'"
            )
        }
        return code
    }
}

/// A word that a POSIX shell takes as it is.
private func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            || "-_./=:,@%+".utf8.contains($0)
    }
    if isPlain, !word.isEmpty { return word }
    var result = "'"
    for character in word { result += character == "'" ? "'\\''" : String(character) }
    return result + "'"
}
