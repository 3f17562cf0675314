import Foundation
import StartedPrograms

/// The built programs and the checkout's own files.
enum Programs {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The release build where there is one: training in debug builds is slow.
    static let folder: URL = {
        let release = root.appending(path: ".build/release")
        let isThere = FileManager.default.isExecutableFile(
            atPath: release.appending(path: "distmld").path
        )
        return isThere ? release : root.appending(path: ".build/debug")
    }()

    static func path(_ name: String) -> String { folder.appending(path: name).path }
}

/// How a command ended and what it said.
struct CommandResult: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// The `data` of the JSON envelope.
    func data() throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
        let envelope = value as? [String: Any]
        return envelope?["data"] as? [String: Any] ?? [:]
    }

    /// The `data` of the JSON envelope where it is a list.
    func list() throws -> [[String: Any]] {
        let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
        let envelope = value as? [String: Any]
        return envelope?["data"] as? [[String: Any]] ?? []
    }
}

/// What went wrong outside the thing under test.
struct SystemTestError: Error, CustomStringConvertible {
    let description: String
}

/// Runs a program to its end, which must come within `seconds`.
func run(
    _ program: String,
    _ arguments: [String],
    input: String? = nil,
    environment: [String: String] = [:],
    seconds: Double = 60
) throws -> CommandResult {
    let end = try runProgram(
        program,
        arguments,
        input: input ?? "",
        environment: .own(adding: environment),
        within: .seconds(seconds)
    )
    return CommandResult(status: end.status, output: end.output, errors: end.errors)
}

/// A fresh folder below the system's temporary one; short, because sockets lie in it.
func temporaryFolder() throws -> URL {
    let name = "distml-\(UInt32.random(in: 0 ... .max))"
    let folder = URL(filePath: "/tmp").appending(path: name)
    try FileManager.default.createDirectory(
        at: folder,
        withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700]
    )
    return folder
}

/// Waits until `fact` holds; looks again every 50 ms.
func wait(
    for what: String,
    seconds: Double = 15,
    until fact: () throws -> Bool
) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try fact() { return }
        usleep(50_000)
    }
    throw SystemTestError(description: "\(what) did not happen within \(seconds) s")
}
