/// Why a line is not a message that can be answered as it is.
///
/// A server sends `code` and `description` back; after `.parse` it goes on with the next line.
public enum ProtocolError: Error, Equatable, CustomStringConvertible {
    /// The line is not one JSON value by RFC 8259.
    case parse(String)
    /// It is JSON, but no message of JSON-RPC 2.0.
    case invalidRequest(String)
    /// Nobody answers to this name.
    case methodNotFound(String)
    /// The parameters, or a result, do not have the form the method gives them.
    case invalidParams(String)
    /// A value cannot be written as JSON.
    case unencodable(String)

    /// The number that JSON-RPC 2.0 reserves for the case.
    public var code: Int {
        switch self {
        case .parse: -32700
        case .invalidRequest: -32600
        case .methodNotFound: -32601
        case .invalidParams: -32602
        case .unencodable: -32603
        }
    }

    /// One line for the operator.
    public var description: String {
        switch self {
        case .parse(let reason): "not JSON: \(reason)"
        case .invalidRequest(let reason): "not a JSON-RPC 2.0 message: \(reason)"
        case .methodNotFound(let name): "no method is called '\(name)'"
        case .invalidParams(let reason): reason
        case .unencodable(let reason): "cannot be written as JSON: \(reason)"
        }
    }
}
