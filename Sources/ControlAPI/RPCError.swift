public import Domain
public import JSONRPC

/// Why the daemon did not do what it was asked; made for the person who asked.
public struct RPCError: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    /// What kind of refusal; the hundreds of the number are the client's exit code.
    public enum Code: Int, Codable, Sendable, CaseIterable {
        /// The operation or the run failed.
        case failed = 100
        /// The data cannot be read as asked; `file`, `line`, `column` and `reason` say where.
        case badData = 101
        /// A disk is full.
        case noSpace = 102
        /// The request makes no sense.
        case badUsage = 200
        /// The daemon is not ready, is stopping, or misses a majority.
        case notReady = 300
        /// The caller's role does not suffice.
        case notPermitted = 400
        /// Nothing of that name exists for the caller.
        case notFound = 500
        /// It exists already, is busy, or has changed.
        case conflict = 600
        /// A policy or a limit forbids it.
        case refused = 700
        /// It took too long.
        case timedOut = 800
        /// A fault of distml.
        case internalError = 7000

        /// The code as a word.
        public var name: String {
            switch self {
            case .failed: "failed"
            case .badData: "bad_data"
            case .noSpace: "no_space"
            case .badUsage: "bad_usage"
            case .notReady: "not_ready"
            case .notPermitted: "not_permitted"
            case .notFound: "not_found"
            case .conflict: "conflict"
            case .refused: "refused"
            case .timedOut: "timed_out"
            case .internalError: "internal_error"
            }
        }

        /// What the client exits with.
        public var exitCode: Int32 { Int32(rawValue / 100) }
    }

    /// What kind of refusal.
    public var code: Code
    /// What happened, one line without a full stop.
    public var message: String
    /// Where it happened, if on one node.
    public var node: NodeID?
    /// What to type or do next.
    public var hint: String?
    /// The file as the caller named it.
    public var file: String?
    /// Line in that file, from 1.
    public var line: Int?
    /// Column in that line, from 1.
    public var column: Int?
    /// The stable word for what is wrong with the data, such as `empty_dataset`.
    public var reason: String?

    /// A refusal; the place in a file is set afterwards.
    public init(
        _ code: Code,
        _ message: String,
        node: NodeID? = nil,
        hint: String? = nil
    ) {
        self.code = code
        self.message = message
        self.node = node
        self.hint = hint
    }

    /// The message with the place it speaks of.
    public var description: String {
        var place = file ?? ""
        if let line { place += place.isEmpty ? "line \(line)" : ":\(line)" }
        if let column { place += place.isEmpty ? "column \(column)" : ":\(column)" }
        let text = place.isEmpty ? message : "\(place): \(message)"
        return node.map { "node \($0): \(text)" } ?? text
    }
}

extension RPCError {
    /// What accompanies the code and message of a JSON-RPC error.
    public struct Details: Codable, Hashable, Sendable {
        /// Where it happened.
        public var node: NodeID?
        /// What to type next.
        public var hint: String?
        /// The file as the caller named it.
        public var file: String?
        /// Line in that file, from 1.
        public var line: Int?
        /// Column in that line, from 1.
        public var column: Int?
        /// The stable word for what is wrong with the data.
        public var reason: String?
    }

    /// What travels beside code and message.
    public var details: Details {
        Details(
            node: node,
            hint: hint,
            file: file,
            line: line,
            column: column,
            reason: reason
        )
    }

    /// The error as it travels.
    public var object: ErrorObject<Details> {
        ErrorObject(code: code.rawValue, message: message, data: details)
    }

    /// The error as it arrived; the standard's own codes become ours.
    public init(_ object: ErrorObject<Details>) {
        let code =
            switch object.code {
            case -32602: Code.badUsage
            case let number: Code(rawValue: number) ?? .internalError
            }
        self.init(code, object.message, node: object.data?.node, hint: object.data?.hint)
        file = object.data?.file
        line = object.data?.line
        column = object.data?.column
        reason = object.data?.reason
        if object.code == -32601 {
            hint = "the daemon is of another version; compare with 'distmlctl version'"
        }
    }
}
