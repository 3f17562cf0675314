import Domain
import JSONRPC
import Glibc
import Synchronization

/// What answers a peer's call.
typealias PeerHandler =
    @Sendable (NodeID, [UInt8]) async throws(PeerRefusal) -> [UInt8]

/// An object that a peer asked for.
struct ObjectSource: Sendable {
    /// An open file; the network closes it.
    var descriptor: Int32
    /// How much of it is sent, from its beginning.
    var bytes: Int

    /// The first `bytes` bytes of an open file.
    init(descriptor: Int32, bytes: Int) {
        self.descriptor = descriptor
        self.bytes = bytes
    }
}

/// Where an object goes that a peer pushes.
struct ObjectSink: Sendable {
    /// An open file; written from where it stands.
    var descriptor: Int32
    /// Called once in any case, with whether everything came; closes the file and answers.
    var finish: @Sendable (Bool) async throws(PeerRefusal) -> [UInt8]

    /// An open file, and what to do when the object is there or will not come.
    init(
        descriptor: Int32,
        finish: @escaping @Sendable (Bool) async throws(PeerRefusal) -> [UInt8]
    ) {
        self.descriptor = descriptor
        self.finish = finish
    }
}

/// Finds the object that a peer asks for.
typealias FetchHandler =
    @Sendable (NodeID, [UInt8]) async throws(PeerRefusal) -> ObjectSource

/// Makes room for the object of that many bytes which a peer pushes.
typealias PushHandler =
    @Sendable (NodeID, [UInt8], Int) async throws(PeerRefusal) -> ObjectSink

/// Who answers what; filled before the network starts.
struct PeerHandlers {
    var calls: [String: PeerHandler] = [:]
    var fetches: [String: FetchHandler] = [:]
    var pushes: [String: PushHandler] = [:]
}

/// A call between daemons with the types of its parameters and answer, coded as JSON.
protocol PeerMethod: Sendable {
    /// What is asked.
    associatedtype Request: Codable & Sendable
    /// What is answered.
    associatedtype Reply: Codable & Sendable
    /// Its name between daemons, at most 64 bytes.
    static var name: String { get }
}

extension PeerNetwork {
    /// Answers `method` from now on.
    func handle(_ method: String, _ handler: @escaping PeerHandler) {
        handlers.withLock { $0.calls[method] = handler }
    }

    /// Answers the typed `method` from now on.
    func handle<M: PeerMethod>(
        _ method: M.Type,
        _ handler: @escaping @Sendable (NodeID, M.Request) async throws(PeerRefusal) -> M.Reply
    ) {
        handle(M.name) { node, payload async throws(PeerRefusal) in
            let request: M.Request = try decoded(payload)
            return try encoded(try await handler(node, request))
        }
    }

    /// Lets peers fetch objects by `method`.
    func serveFetch(_ method: String, _ handler: @escaping FetchHandler) {
        handlers.withLock { $0.fetches[method] = handler }
    }

    /// Lets peers push objects by `method`.
    func servePush(_ method: String, _ handler: @escaping PushHandler) {
        handlers.withLock { $0.pushes[method] = handler }
    }

    /// Asks another node by a typed method.
    func call<M: PeerMethod>(
        _ method: M.Type,
        _ request: M.Request,
        on node: NodeID,
        within limit: Duration
    ) async throws(PeerError) -> M.Reply {
        let payload: [UInt8]
        do throws(ProtocolError) {
            payload = try JSONCoding.encode(Enveloped(value: request))
        } catch {
            throw .malformed(self.node, reason: "\(error)")
        }
        let answer = try await call(node, M.name, payload, within: limit)
        do throws(ProtocolError) {
            return try JSONCoding.decode(Enveloped<M.Reply>.self, from: answer).value
        } catch {
            throw .malformed(node, reason: "\(error)")
        }
    }
}

/// Values that are no object get one around them.
private struct Enveloped<Value: Codable & Sendable>: Codable, Sendable {
    var value: Value
}

private func decoded<Value: Codable & Sendable>(
    _ payload: [UInt8]
) throws(PeerRefusal) -> Value {
    do throws(ProtocolError) {
        return try JSONCoding.decode(Enveloped<Value>.self, from: payload).value
    } catch {
        throw PeerRefusal(code: error.code, message: "\(error)")
    }
}

private func encoded(_ value: some Codable & Sendable) throws(PeerRefusal) -> [UInt8] {
    do throws(ProtocolError) {
        return try JSONCoding.encode(Enveloped(value: value))
    } catch {
        throw PeerRefusal(code: error.code, message: "\(error)")
    }
}
