import Collectives
import Domain
import Foundation
import Glibc
import Synchronization
import TLSTransport
import Transport

/// How the ranks of a ring get their links, each on its own thread.
final class Edges: Sendable {
    private let kind: TestLink.Kind
    private let worldSize: Int
    /// For links in memory: the sockets of the edge that begins at each rank.
    private let sockets: [SocketPair]
    /// For TLS: where each rank listens, once it does.
    private let ports: [PortBoard]

    private struct SocketPair: Sendable {
        let first: Int32
        let second: Int32
    }

    init(_ kind: TestLink.Kind, worldSize: Int) throws {
        self.kind = kind
        self.worldSize = worldSize
        switch kind {
        case .memory:
            sockets = try (0..<worldSize).map { _ in
                let pair = try MemoryLink.pair()
                return SocketPair(first: pair.first, second: pair.second)
            }
            ports = []
        case .tls:
            sockets = []
            ports = (0..<worldSize).map { _ in PortBoard() }
        }
    }

    func ring(_ rank: Int, _ options: RingOptions) throws -> Ring<TestLink> {
        switch kind {
        case .memory:
            let (out, into) = (sockets[rank].first, sockets[before(rank)].second)
            return ring(
                rank,
                TestLink(MemoryLink(adopting: out, peer: name(after(rank)))),
                TestLink(MemoryLink(adopting: into, peer: name(before(rank)))),
                options
            )
        case .tls:
            let context = try context(rank)
            let listener = try TLSListener(on: PeerAddress(host: "127.0.0.1", port: 0))
            ports[rank].post(listener.port)
            // Even ranks dial first and odd ones accept first, so nobody waits for one who waits.
            if rank % 2 == 0 {
                let out = try dial(rank, context)
                return ring(rank, TestLink(out), TestLink(try accept(listener, context)), options)
            }
            let into = try accept(listener, context)
            return ring(rank, TestLink(try dial(rank, context)), TestLink(into), options)
        }
    }

    private func ring(
        _ rank: Int,
        _ next: consuming TestLink,
        _ previous: consuming TestLink,
        _ options: RingOptions
    ) -> Ring<TestLink> {
        next.bytesUntilCut = options.bytesUntilCut(rank)
        return Ring(
            rank: Rank(rank),
            worldSize: worldSize,
            generation: options.generation(rank),
            next: next,
            previous: previous,
            monitor: options.monitor(rank)
        )
    }

    private func after(_ rank: Int) -> Int { (rank + 1) % worldSize }
    private func before(_ rank: Int) -> Int { (rank + worldSize - 1) % worldSize }
    private func name(_ rank: Int) -> String { "node-\(rank)" }

    private func context(_ rank: Int) throws -> TLSContext {
        try TestCertificates.shared.get().context(rank: rank, worldSize: worldSize)
    }

    private func dial(_ rank: Int, _ context: TLSContext) throws -> TLSLink {
        try TLSLink.connect(
            to: PeerAddress(host: "127.0.0.1", port: ports[after(rank)].port()),
            expecting: self.context(after(rank)).node,
            over: .ring,
            as: context,
            until: .after(.seconds(20))
        )
    }

    private func accept(
        _ listener: borrowing TLSListener,
        _ context: TLSContext
    ) throws -> TLSLink {
        let deadline = Deadline.after(.seconds(20))
        while true {
            let descriptor = listener.descriptor
            try waitUntilReady(descriptor, for: Int32(POLLIN), until: deadline, peer: "previous")
            guard let caller = try listener.accept() else { continue }
            return try TLSLink.accept(
                caller,
                over: [.ring],
                as: context,
                until: deadline
            ) { _, _ in true }
        }
    }
}

/// A port that one thread will have and one other asks for.
private final class PortBoard: Sendable {
    private let value = Mutex<UInt16>(0)
    private let isPosted = DispatchSemaphore(value: 0)

    func post(_ port: UInt16) {
        value.withLock { $0 = port }
        isPosted.signal()
    }

    /// The port, or 0 if the rank it belongs to has failed.
    func port() -> UInt16 {
        _ = isPosted.wait(timeout: .now() + 20)
        return value.withLock { $0 }
    }
}
