internal import CLinux
internal import Glibc

/// How a worker process ended.
public struct WorkerExit: Equatable, Sendable, CustomStringConvertible {
    /// What the kernel says of its end.
    public enum Status: Equatable, Sendable {
        /// It left by itself.
        case code(Int32)
        /// A signal ended it.
        case signal(Int32)
        /// It closed its socket; its process belongs to the service manager, which knows the rest.
        case unknown
    }

    /// What the kernel says.
    public let status: Status
    /// The last line it wrote to standard error, printable and short; empty if none.
    public let lastWords: String

    /// An end, and what was said.
    public init(_ status: Status, lastWords: String = "") {
        self.status = status
        self.lastWords = lastWords
    }

    /// Such as `was killed by signal 9 (SIGKILL)`.
    public var description: String {
        let end =
            switch status {
            case .code(let code): "exited with status \(code)"
            case .signal(let number): "was killed by signal \(number)\(symbol(of: number))"
            case .unknown: "closed its socket"
            }
        return lastWords.isEmpty ? end : "\(end): \(lastWords)"
    }
}

private func symbol(of signal: Int32) -> String {
    guard let name = cl_signal_name(signal) else { return "" }
    return " (SIG\(String(cString: name)))"
}

/// A small sealed file in memory that stands in for a worker's standard error.
///
/// A runtime that traps says why there. A worker can fill it and nothing else, and what is read of
/// it is made printable first.
final class LastWords {
    static let byteCount = 16 << 10
    let descriptor: Int32

    init() throws(WorkerError) {
        descriptor = cl_memory_file("distml-last-words", Int64(LastWords.byteCount))
        guard descriptor >= 0 else { throw .system(call: "memfd_create", errno: errno) }
    }

    deinit { close(descriptor) }

    /// The line that tells most, at most 300 characters: the runtime's reason, else the last one.
    var line: String {
        var bytes = [UInt8](repeating: 0, count: LastWords.byteCount)
        let got = pread(descriptor, &bytes, bytes.count, 0)
        guard got > 0 else { return "" }
        let lines = bytes.prefix(got).prefix { $0 != 0 }
            .split(separator: UInt8(ascii: "\n"))
            .map { printable(String(decoding: $0.prefix(300), as: UTF8.self)) }
        return lines.last { $0.contains("Fatal error: ") } ?? lines.last ?? ""
    }
}

/// The text with every control character replaced, so that it can go to a log or a terminal.
func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate,
                    .privateUse, .unassigned:
                    "\u{FFFD}"
                default: scalar
                }
            }
        )
    )
}
