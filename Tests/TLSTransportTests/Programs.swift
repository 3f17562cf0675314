import Foundation

/// Runs a program and returns what it printed; throws if it failed.
@discardableResult
func run(_ command: String...) throws -> String { try run(command) }

/// Runs a program and returns what it printed; throws if it failed.
@discardableResult
func run(_ command: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    guard process.terminationStatus == 0 else { throw ProgramFailure(output: text) }
    return text
}

/// A program ended with an error, having printed `output`.
struct ProgramFailure: Error {
    let output: String
}
