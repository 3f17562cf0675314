internal import Glibc

/// How a program ended and what it said.
public struct ProgramEnd: Sendable {
    /// What it ended with, 128 + the signal's number where one ended it.
    public let status: Int32
    /// All of its standard output.
    public let output: String
    /// All of its standard error.
    public let errors: String
}

/// Runs a program to its end, which must come within `limit`, with `input` as its standard input.
///
/// What it says goes to files: it never waits for a reader.
public func runProgram(
    _ path: String,
    _ arguments: [String],
    input: String = "",
    environment: ProgramEnvironment = .own(adding: [:]),
    within limit: Duration = .seconds(60)
) throws(ProgramError) -> ProgramEnd {
    let typed = try SpoolFile(input)
    let output = try SpoolFile()
    let errors = try SpoolFile()
    let program = try StartedProgram(
        path,
        arguments,
        environment: environment,
        streams: ProgramStreams(
            input: typed.descriptor,
            output: output.descriptor,
            errors: errors.descriptor
        )
    )
    let status = try program.wait(within: limit)
    return ProgramEnd(status: status, output: output.text, errors: errors.text)
}

/// A file without a name.
private struct SpoolFile: ~Copyable {
    let descriptor: Int32

    /// Holds `text`, and is read from its beginning.
    init(_ text: String = "") throws(ProgramError) {
        var path = "/tmp/distml-XXXXXX".utf8CString.map(\.self)
        descriptor = mkstemp(&path)
        guard descriptor >= 0 else {
            throw ProgramError(description: "mkstemp: \(String(cString: strerror(errno)))")
        }
        unlink(path)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                throw ProgramError(description: "write: \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(count)
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit { close(descriptor) }

    /// All that was written to it.
    var text: String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = pread(descriptor, &piece, piece.count, off_t(bytes.count))
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }
}
