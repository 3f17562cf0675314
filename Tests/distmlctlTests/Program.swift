import Foundation
import StartedPrograms
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
    let end = try runProgram(
        builtProgram().path,
        words,
        input: input,
        environment: .only(["DISTML_SOCKET": socket, "TZ": "UTC", "PATH": path])
    )
    return Ending(code: end.status, output: end.output, errors: end.errors)
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
