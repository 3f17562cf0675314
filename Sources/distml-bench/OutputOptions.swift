import ArgumentParser
import ControlAPI
import Foundation
import JSONRPC

/// How results are printed.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    /// Prints `rows` as JSON, or `table` for a person.
    func print<Row: Codable & Sendable>(_ kind: String, _ rows: [Row], as table: Table) throws {
        guard json else { return write(table.text, to: .standardOutput) }
        let bytes = try JSONCoding.encodeIndented(Envelope(kind: kind, data: rows))
        write(String(decoding: bytes, as: UTF8.self) + "\n", to: .standardOutput)
    }

    /// Says on standard error what is going on, so that standard output is the result alone.
    func note(_ text: String) { write(text + "\n", to: .standardError) }

    private func write(_ text: String, to file: FileHandle) {
        // A reader that has gone does not want the rest.
        try? file.write(contentsOf: Data(text.utf8))
    }
}
