import StartedPrograms

/// Runs a program and returns what it printed; throws if it failed.
@discardableResult
func run(_ command: String...) throws -> String { try run(command) }

/// Runs a program and returns what it printed; throws if it failed.
@discardableResult
func run(_ command: [String]) throws -> String {
    let end = try runProgram(command[0], Array(command.dropFirst()))
    guard end.status == 0 else { throw ProgramFailure(output: end.output + end.errors) }
    return end.output + end.errors
}

/// A program ended with an error, having printed `output`.
struct ProgramFailure: Error {
    let output: String
}
