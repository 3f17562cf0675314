import Foundation
import Testing

/// What a program left behind.
struct Ending: Sendable {
    let code: Int32
    let output: String
    let errors: String

    /// The last line of the output as JSON.
    func json() throws -> [String: Any] {
        let line = try #require(output.split(separator: "\n").last)
        let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
        return try #require(value as? [String: Any])
    }
}

/// Runs the `distmlctl` that was built beside these tests, away from any terminal.
func distmlctl(
    _ words: [String],
    socket: String = "/nonexistent/distml.sock",
    input: String = "",
    path: String = "/usr/bin:/bin"
) throws -> Ending {
    let process = Process()
    process.executableURL = try builtProgram()
    process.arguments = words
    process.environment = ["DISTML_SOCKET": socket, "TZ": "UTC", "PATH": path]
    let output = Pipe()
    let errors = Pipe()
    let typed = Pipe()
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = typed
    try process.run()
    typed.fileHandleForWriting.write(Data(input.utf8))
    try typed.fileHandleForWriting.close()
    // Short outputs: a pipe holds them, so one can be read after the other.
    let outputBytes = output.fileHandleForReading.readDataToEndOfFile()
    let errorBytes = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Ending(
        code: process.terminationStatus,
        output: String(decoding: outputBytes, as: UTF8.self),
        errors: String(decoding: errorBytes, as: UTF8.self)
    )
}

/// The program lies beside the test bundle, or a few folders above it.
func builtProgram() throws -> URL {
    var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<4 {
        let file = folder.appending(path: "distmlctl")
        if FileManager.default.isExecutableFile(atPath: file.path) { return file }
        folder = folder.deletingLastPathComponent()
    }
    throw CocoaError(.fileNoSuchFile)
}
