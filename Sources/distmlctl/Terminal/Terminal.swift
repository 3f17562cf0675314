import Glibc

/// What the program stands in: which of its three streams a person watches, and how.
struct Terminal: Equatable, Sendable {
    /// Whether somebody can be asked.
    var inputIsTerminal: Bool
    /// Columns of the terminal that standard output is; nil for a pipe or a file.
    var outputWidth: Int?
    /// Columns of the terminal that standard error is; nil for a pipe or a file.
    var errorWidth: Int?
    /// Whether colors are wanted and understood.
    var hasColor: Bool

    /// Whether a question can be put and answered.
    var canAsk: Bool { inputIsTerminal && errorWidth != nil }

    /// As the kernel and the environment say.
    static func current() -> Terminal {
        let isDumb = environment("TERM") == nil || environment("TERM") == "dumb"
        let refusesColor = environment("NO_COLOR").map { !$0.isEmpty } ?? false
        return Terminal(
            inputIsTerminal: isatty(STDIN_FILENO) == 1,
            outputWidth: width(of: STDOUT_FILENO),
            errorWidth: width(of: STDERR_FILENO),
            hasColor: !isDumb && !refusesColor
        )
    }

    private static func width(of descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return Int(size.ws_col)
        }
        return environment("COLUMNS").flatMap { Int($0) }.map { max($0, 20) } ?? 80
    }
}

/// The value of an environment variable.
func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
