import ArgumentParser
import ControlAPI
import JSONRPC

/// How a result is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// For a person.
    case table
    /// One envelope.
    case json
    /// One envelope a line and item.
    case jsonl
    /// Names or ids alone, one a line.
    case name

    var isJSON: Bool { self == .json || self == .jsonl }
}

/// What every command understands.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket; by default $DISTML_SOCKET, else /run/distml/distml.sock.",
            valueName: "path"
        ),
        completion: .file()
    )
    var socket: String?

    @Option(
        help: ArgumentHelp(
            "Run the command on that host through ssh, files streamed.",
            valueName: "host"
        )
    )
    var context: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("How to print the result.", valueName: "form"))
    var output = OutputFormat.table

    @Flag(help: "The same as -o json.")
    var json = false

    /// How the result is wanted.
    var format: OutputFormat { json ? .json : output }

    /// Connects to the daemon.
    func connect() throws(RPCError) -> Client {
        try Client(path: socketPath(typed: socket))
    }

    /// Connects, asks once, and prints the reply.
    func ask<Verb: Method, Printing: Printer>(
        _ verb: Verb.Type,
        _ params: Verb.Params,
        _ printer: Printing
    ) throws(RPCError) where Printing.Value == Verb.Reply {
        var client = try connect()
        let reply = try client.call(verb, params)
        try show(reply, kind: verb.kind, printer)
    }

    /// Prints a result; `isFinal` says that it ends something that took its time.
    func show<Printing: Printer>(
        _ value: Printing.Value,
        kind: String,
        _ printer: Printing,
        isFinal: Bool? = nil
    ) throws(RPCError) {
        let terminal = Terminal.current()
        switch format {
        case .table:
            let lines = printer.lines(value, on: terminal)
            if !lines.isEmpty { printResult(lines.joined(separator: "\n")) }
        case .name:
            let names = printer.names(value)
            if !names.isEmpty { printResult(names.map(printable).joined(separator: "\n")) }
        case .json:
            let envelope = Envelope(kind: kind, data: value, final: isFinal)
            printResult(try jsonText(envelope, indented: terminal.outputWidth != nil))
        case .jsonl:
            try printer.printLines(value, kind: kind)
        }
    }

    /// Prints one item of a stream as a line of JSON.
    func showItem(_ item: some Codable & Sendable, kind: String) throws(RPCError) {
        printResult(try jsonText(Envelope(kind: kind, data: item), indented: false))
    }
}

/// A value as JSON, on one line unless a person reads it.
func jsonText(_ value: some Encodable, indented: Bool) throws(RPCError) -> String {
    do {
        let bytes = try indented ? JSONCoding.encodeIndented(value) : JSONCoding.encode(value)
        return String(decoding: bytes, as: UTF8.self)
    } catch {
        throw RPCError(.internalError, "the result \(error)")
    }
}
