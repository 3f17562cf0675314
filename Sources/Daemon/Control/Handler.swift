import ControlAPI
import Domain
import JSONRPC

/// One call of one client, as its handler sees it.
struct ControlCall: Sendable {
    /// Who asks.
    let caller: Caller
    /// What came with the request; as many as the method allows.
    let descriptors: [ReceivedDescriptor]
}

/// Answers one verb.
///
/// When it is called the caller is known and may call this verb, and the parameters have their
/// form; what they name may still belong to somebody else, or not exist, which is the same.
/// Its task is cancelled when the client goes away.
protocol Handler: Sendable {
    associatedtype M: Method

    func handle(
        _ params: M.Params,
        for call: ControlCall
    ) async throws(RPCError) -> M.Reply
}

/// Answers one verb and tells of its progress before.
protocol StreamHandler: Sendable {
    associatedtype M: StreamMethod

    func handle(
        _ params: M.Params,
        for call: ControlCall,
        telling items: ItemSink<M.Item>
    ) async throws(RPCError) -> M.Reply
}

/// Where a stream's items go; waits while the client reads more slowly than they come.
struct ItemSink<Item: Codable & Sendable>: Sendable {
    private let id: Int
    private let outbox: ControlOutbox

    init(id: Int, outbox: ControlOutbox) {
        self.id = id
        self.outbox = outbox
    }

    /// Tells the client.
    /// - Throws: `.failed` once the client is gone; there is nobody to tell of it.
    func send(_ item: Item) async throws(RPCError) {
        let line: [UInt8]
        do throws(ProtocolError) {
            line = try Message.notification(
                streamNotification,
                params: StreamItem(id: id, item: item)
            )
        } catch {
            throw RPCError(.internalError, "\(error)")
        }
        guard await outbox.send(line) else { throw RPCError(.failed, "the client is gone") }
    }
}

/// Who answers which verb; whatever is not in it is refused.
struct MethodTable: Sendable {
    /// One verb, its types forgotten.
    struct Entry: Sendable {
        let role: Role
        let descriptors: ClosedRange<Int>
        /// Reads the parameters and returns what is then done in a task of its own.
        let prepare: Prepare
    }

    typealias Work = @Sendable () async -> Void
    typealias Prepare =
        @Sendable (Message, RequestID, ControlCall, ControlOutbox) throws(ProtocolError) -> Work

    private var entries: [String: Entry] = [:]

    /// Names of all verbs that are answered.
    var names: Set<String> { Set(entries.keys) }

    subscript(name: String) -> Entry? { entries[name] }

    /// Answers a verb from now on.
    mutating func add<H: Handler>(_ handler: H) {
        set(H.M.self) { message, id, call, outbox throws(ProtocolError) in
            let params = try message.params(as: H.M.Params.self)
            return {
                let answer: [UInt8]
                do throws(RPCError) {
                    answer = resultLine(try await handler.handle(params, for: call), id)
                } catch {
                    answer = failureLine(error, id)
                }
                _ = await outbox.send(answer)
            }
        }
    }

    /// Answers a verb with a stream from now on.
    mutating func add<H: StreamHandler>(_ handler: H) {
        set(H.M.self) { message, id, call, outbox throws(ProtocolError) in
            guard case .number(let number) = id else {
                throw .invalidRequest("a stream wants a number as its id")
            }
            let params = try message.params(as: H.M.Params.self)
            let items = ItemSink<H.M.Item>(id: number, outbox: outbox)
            return {
                let answer: [UInt8]
                do throws(RPCError) {
                    let reply = try await handler.handle(params, for: call, telling: items)
                    answer = resultLine(reply, id)
                } catch {
                    answer = failureLine(error, id)
                }
                _ = await outbox.send(answer)
            }
        }
    }

    private mutating func set<M: Method>(_ method: M.Type, _ prepare: @escaping Prepare) {
        precondition(entries[M.name] == nil, "\(M.name) has two handlers")
        entries[M.name] = Entry(role: M.role, descriptors: M.descriptors, prepare: prepare)
    }
}

/// The line that answers `id`; a reply that cannot be written becomes a refusal.
private func resultLine(_ reply: some Encodable, _ id: RequestID) -> [UInt8] {
    do throws(ProtocolError) {
        return try Message.result(reply, id: id)
    } catch {
        return failureLine(RPCError(.internalError, "the answer \(error)"), id)
    }
}

/// The line that refuses `id`.
func failureLine(_ error: RPCError, _ id: RequestID?) -> [UInt8] {
    do throws(ProtocolError) {
        return try Message.failure(error.object, id: id)
    } catch {
        // Even a message of a megabyte has a short form.
        let short = #"{"error":{"code":7000,"message":"the error is too long"},"id":null,"#
        return Array((short + #""jsonrpc":"2.0"}"# + "\n").utf8)
    }
}
