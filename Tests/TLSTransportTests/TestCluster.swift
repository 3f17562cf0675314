import Domain
import Foundation
import Synchronization
import TLSTransport
import Transport

/// A cluster `lab` with its own CA in a temporary folder.
///
/// Forged certificates go beside honest ones.
final class TestCluster {
    let folder: String
    let authority: Forge.Pair
    let name = ClusterName(checked: "lab")
    /// Node n2's certificate of before it was stolen.
    let revoked: Forge.Pair
    private var count = 0

    init(key: Forge.KeyKind = .p256) throws {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("distml-tls-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        authority = try Forge.authority(key: key)
        revoked = try Forge.leaf(by: authority)
        try Forge.write([authority], to: "\(folder)/ca.pem")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Writes a pair's files and says where they are.
    func files(_ pair: Forge.Pair, chain: [Forge.Pair] = []) throws -> TLSFiles {
        count += 1
        let stem = "\(folder)/\(count)"
        try Forge.write(pair, chain: chain, key: "\(stem).key", certificate: "\(stem).pem")
        return TLSFiles(
            key: "\(stem).key",
            certificate: "\(stem).pem",
            authority: "\(folder)/ca.pem"
        )
    }

    /// Writes a revocation list that is good for `life` seconds.
    func revocations(life: Int) throws -> String {
        count += 1
        let path = "\(folder)/\(count).crl"
        try Forge.write(Forge.revocations(by: authority, of: [revoked], life: life), to: path)
        return path
    }

    /// An honest node's context.
    func context(
        _ node: String,
        key: Forge.KeyKind = .p256,
        revocations: String? = nil
    ) throws -> TLSContext {
        let pair = try Forge.leaf(by: authority, names: "URI:spiffe://lab/node/\(node)", key: key)
        var files = try files(pair)
        files.revocations = revocations
        return try context(files, node: node)
    }

    /// The context of a node with these files.
    func context(_ files: TLSFiles, node: String) throws -> TLSContext {
        try TLSContext(TLSIdentity(files: files, node: NodeID(checked: node), cluster: name))
    }
}

/// Runs `body` on a thread of its own, as the two ends of a link do.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Promise<Value> {
    let promise = Promise<Value>()
    Thread { promise.keep(body()) }.start()
    return promise
}

/// A value that a thread will have made.
final class Promise<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let isKept = DispatchSemaphore(value: 0)

    func keep(_ made: Value) {
        value.withLock { $0 = made }
        isKept.signal()
    }

    /// Waits for the value; asked once.
    func wait() -> Value {
        isKept.wait()
        guard let value = value.withLock({ $0 }) else { preconditionFailure("kept without value") }
        return value
    }
}

/// How long anything in these tests may take before it counts as hung.
let patience = Duration.seconds(20)

/// Waits until the wall clock, which alone decides about certificates, has passed a second.
func waitUntilPast(_ second: Int64) {
    while Int64(time(nil)) <= second { poll(nil, 0, 10) }
}

/// Any free port.
let loopback = PeerAddress(host: "127.0.0.1", port: 0)

extension TLSListener {
    /// Where to dial it.
    var address: PeerAddress { PeerAddress(host: "127.0.0.1", port: port) }

    /// Waits for a caller.
    func next() throws -> AcceptedSocket {
        while true {
            try waitUntilReady(descriptor, for: POLLIN, until: .after(patience), peer: "caller")
            if let socket = try accept() { return socket }
        }
    }
}

/// Connects `client` to `server` over loopback and lends both ends to `body`.
func withLinks<Result>(
    from client: TLSContext,
    to server: TLSContext,
    options: LinkOptions = .ring,
    _ body: (inout TLSLink, inout TLSLink) throws -> Result
) throws -> Result {
    try handOverLinks(from: client, to: server, options: options) { dialled, accepted in
        var first = dialled
        var second = accepted
        return try body(&first, &second)
    }
}

/// Connects `client` to `server` over loopback and gives both ends away to `body`.
func handOverLinks<Result>(
    from client: TLSContext,
    to server: TLSContext,
    options: LinkOptions = .ring,
    _ body: (consuming TLSLink, consuming TLSLink) throws -> Result
) throws -> Result {
    let listener = try TLSListener(on: loopback)
    let address = listener.address
    let dialled = Slot<TLSLink>()
    let dialling = onThread {
        dialled.fill { () throws(TransportError) in
            try TLSLink.connect(
                to: address,
                expecting: server.node,
                over: .ring,
                as: client,
                options: options,
                until: .after(patience)
            )
        }
    }
    let accepted = try TLSLink.accept(
        listener.next(),
        over: [.rpc, .ring],
        as: server,
        options: options,
        until: .after(patience)
    ) { _, _ in true }
    if let error = dialling.wait() { throw error }
    guard let first = dialled.take() else { preconditionFailure("connected without a link") }
    return try body(first, accepted)
}

/// Carries a link from the thread that made it to the one that uses it.
final class Slot<Value: ~Copyable>: Sendable {
    private let value = Mutex<Value?>(nil)

    /// Makes the value here and now, or says why that failed.
    func fill(
        _ make: @Sendable () throws(TransportError) -> sending Value
    ) -> TransportError? {
        value.withLock { place -> TransportError? in
            do throws(TransportError) {
                place = try make()
                return nil
            } catch {
                return error
            }
        }
    }

    /// Takes the value out.
    func take() -> sending Value? { value.withLock { $0.take() } }
}
