/// What a request and its answer share; chosen by the client.
public enum RequestID: Hashable, Codable, Sendable, CustomStringConvertible {
    /// A number.
    case number(Int)
    /// A text.
    case text(String)

    /// The bare number or text.
    public var description: String {
        switch self {
        case .number(let number): "\(number)"
        case .text(let text): text
        }
    }

    /// Decodes a whole number or a string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    /// Encodes the bare number or string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }
}

/// The error of an answer; `Details` is the application's.
public struct ErrorObject<Details: Codable & Sendable>: Codable, Sendable {
    /// Below −32000 the standard's, else the application's.
    public var code: Int
    /// One line.
    public var message: String
    /// What else is known.
    public var data: Details?

    /// An error with all its fields.
    public init(code: Int, message: String, data: Details? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }
}

/// Stands where there is nothing to say: the empty object.
public struct Nothing: Codable, Hashable, Sendable {
    /// Nothing.
    public init() {}
}

/// One message as it came: what kind it is has been read, the rest waits until somebody knows its
/// type.
public struct Message: Sendable {
    /// What came.
    public enum Kind: Equatable, Sendable {
        /// Asks for `method` and wants an answer under `id`.
        case request(method: String, id: RequestID)
        /// Tells of `method` and wants no answer.
        case notification(method: String)
        /// The answer to `id`.
        case result(id: RequestID)
        /// The refusal of `id`; nil where the server could not read which.
        case failure(id: RequestID?)
    }

    /// What came.
    public let kind: Kind
    private let line: [UInt8]
    private let hasParams: Bool

    /// Reads one line without its end.
    /// - Throws: `.parse` and `.invalidRequest`; the answer goes to the id null.
    public init(line: [UInt8]) throws(ProtocolError) {
        let names = try StrictJSON(scanning: line).names
        let header: Header
        do {
            header = try JSONCoding.decodeScanned(Header.self, from: line)
        } catch {
            throw .invalidRequest("\(error)")
        }
        guard header.jsonrpc == "2.0" else {
            throw .invalidRequest("'jsonrpc' is not \"2.0\"")
        }
        kind = try Self.kind(of: header, names: names)
        self.line = line
        hasParams = names.contains("params")
    }

    private static func kind(
        of header: Header,
        names: Set<String>
    ) throws(ProtocolError) -> Kind {
        let isAnswer = names.contains("result") || names.contains("error")
        switch (header.method, header.id) {
        case (let method?, _) where isAnswer:
            throw .invalidRequest("'\(method)' is both asked and answered")
        case (let method?, let id?):
            return .request(method: method, id: id)
        case (let method?, nil):
            if names.contains("id") { throw .invalidRequest("'id' is null") }
            return .notification(method: method)
        case (nil, let id):
            if names.contains("error"), !names.contains("result") { return .failure(id: id) }
            guard names.contains("result"), !names.contains("error"), let id else {
                throw .invalidRequest("neither a method nor one answer")
            }
            return .result(id: id)
        }
    }

    /// The parameters of a request or notification; absent ones read as the empty object.
    public func params<Params: Decodable>(
        as type: Params.Type
    ) throws(ProtocolError) -> Params {
        guard hasParams else {
            return try JSONCoding.decodeScanned(type, from: Array("{}".utf8))
        }
        return try JSONCoding.decodeScanned(ParamsOnly<Params>.self, from: line).params
    }

    /// The result of an answer.
    public func result<Result: Decodable>(
        as type: Result.Type
    ) throws(ProtocolError) -> Result {
        try JSONCoding.decodeScanned(ResultOnly<Result>.self, from: line).result
    }

    /// The error of a refusal.
    public func failure<Details: Codable & Sendable>(
        as type: Details.Type
    ) throws(ProtocolError) -> ErrorObject<Details> {
        try JSONCoding.decodeScanned(ErrorOnly<Details>.self, from: line).error
    }
}

extension Message {
    /// The line, with its end, that asks for `method`.
    public static func request(
        _ method: String,
        id: RequestID,
        params: some Encodable
    ) throws(ProtocolError) -> [UInt8] {
        try line(Call(method: method, id: id, params: params))
    }

    /// The line, with its end, that tells of `method`.
    public static func notification(
        _ method: String,
        params: some Encodable
    ) throws(ProtocolError) -> [UInt8] {
        try line(Call(method: method, id: nil, params: params))
    }

    /// The line, with its end, that answers `id`.
    public static func result(
        _ result: some Encodable,
        id: RequestID
    ) throws(ProtocolError) -> [UInt8] {
        try line(Answer(id: id, result: result))
    }

    /// The line, with its end, that refuses `id`; nil where it could not be read.
    public static func failure<Details: Codable & Sendable>(
        _ error: ErrorObject<Details>,
        id: RequestID?
    ) throws(ProtocolError) -> [UInt8] {
        try line(Refusal(id: id, error: error))
    }

    private static func line(_ value: some Encodable) throws(ProtocolError) -> [UInt8] {
        var bytes = try JSONCoding.encode(value)
        bytes.append(0x0A)
        guard bytes.count <= LineBuffer.defaultLimit else {
            throw .unencodable("\(bytes.count) bytes are more than a line may have")
        }
        return bytes
    }
}

private struct Header: Decodable {
    var jsonrpc: String
    var method: String?
    var id: RequestID?
}

private struct ParamsOnly<Params: Decodable>: Decodable {
    var params: Params
}

private struct ResultOnly<Result: Decodable>: Decodable {
    var result: Result
}

private struct ErrorOnly<Details: Codable & Sendable>: Decodable {
    var error: ErrorObject<Details>
}

private struct Call<Params: Encodable>: Encodable {
    var jsonrpc = "2.0"
    var method: String
    var id: RequestID?
    var params: Params
}

private struct Answer<Result: Encodable>: Encodable {
    var jsonrpc = "2.0"
    var id: RequestID
    var result: Result
}

private struct Refusal<Details: Codable & Sendable>: Encodable {
    var jsonrpc = "2.0"
    var id: RequestID?
    var error: ErrorObject<Details>

    enum CodingKeys: CodingKey {
        case jsonrpc, id, error
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(jsonrpc, forKey: .jsonrpc)
        // The standard wants a null here, not an absence.
        try container.encode(id, forKey: .id)
        try container.encode(error, forKey: .error)
    }
}
