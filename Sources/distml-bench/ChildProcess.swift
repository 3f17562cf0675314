import Foundation
import JSONRPC

/// A process that takes orders on standard input and answers on standard output, one JSON a line.
final class ChildProcess {
    private let process = Process()
    private let orders = Pipe()
    private let answers = Pipe()
    private let name: String
    private var buffer = Data()

    /// Starts `program`; `environment` is added to this process's own.
    init(
        _ program: URL,
        arguments: [String],
        environment: [String: String] = [:],
        name: String
    ) throws {
        self.name = name
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = orders
        process.standardOutput = answers
        try process.run()
    }

    /// Ends the process by closing its input and waits until it has gone.
    func finish() {
        try? orders.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Sends an order.
    func order(_ order: some Encodable) throws {
        let line = try JSONCoding.encode(order) + [0x0A]
        try orders.fileHandleForWriting.write(contentsOf: Data(line))
    }

    /// Waits for the next answer.
    func answer<Answer: Decodable>(_ type: Answer.Type) throws -> Answer {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = [UInt8](buffer[..<end])
                buffer = Data(buffer[(end + 1)...])
                return try JSONCoding.decode(type, from: line)
            }
            let some = answers.fileHandleForReading.availableData
            guard !some.isEmpty else {
                process.waitUntilExit()
                throw BenchError("\(name) ended with status \(process.terminationStatus)")
            }
            buffer.append(some)
        }
    }
}
