import Glibc
import TLSTransport
import Transport

/// A link of either kind, so that one test body serves both, which can break when told to.
struct TestLink: Link, ~Copyable {
    enum Kind: Sendable, CaseIterable {
        case memory, tls
    }

    private var memory: MemoryLink?
    private var secure: TLSLink?
    /// After how many bytes sent the link breaks, both ways.
    var bytesUntilCut = Int.max

    init(_ link: consuming MemoryLink) {
        memory = consume link
        secure = nil
    }

    init(_ link: consuming TLSLink) {
        memory = nil
        secure = consume link
    }

    var descriptor: Int32 { read({ $0.descriptor }, { $0.descriptor }) }
    var wantsRead: Bool { read({ $0.wantsRead }, { $0.wantsRead }) }
    var wantsWrite: Bool { read({ $0.wantsWrite }, { $0.wantsWrite }) }
    var hasBufferedInput: Bool { read({ $0.hasBufferedInput }, { $0.hasBufferedInput }) }
    var peer: String { read({ $0.peer }, { $0.peer }) }

    mutating func send(_ bytes: RawSpan) throws(TransportError) -> Int {
        if bytesUntilCut <= 0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        var count = 0
        if let some = try secure?.send(bytes) { count = some }
        if let some = try memory?.send(bytes) { count = some }
        bytesUntilCut -= count
        return count
    }

    mutating func receive(into bytes: inout MutableRawSpan) throws(TransportError) -> Int {
        if let count = try secure?.receive(into: &bytes) { return count }
        return try memory?.receive(into: &bytes) ?? 0
    }

    mutating func flush() throws(TransportError) -> Bool {
        if let isDone = try secure?.flush() { return isDone }
        return try memory?.flush() ?? true
    }

    private func read<Value>(
        _ ofMemory: (borrowing MemoryLink) -> Value,
        _ ofTLS: (borrowing TLSLink) -> Value
    ) -> Value {
        switch secure {
        case .some(let link): return ofTLS(link)
        case .none: break
        }
        switch memory {
        case .some(let link): return ofMemory(link)
        case .none: preconditionFailure("a link is of one kind")
        }
    }
}
