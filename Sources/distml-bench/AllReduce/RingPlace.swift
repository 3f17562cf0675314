import ArgumentParser
import Collectives
import Domain
import Foundation
import Glibc
import TLSTransport
import Transport

/// What carries the ring of a benchmark.
enum LinkKind: String, CaseIterable, ExpressibleByArgument {
    case tls, plain
}

/// One seat of a ring on the loopback, and how it gets its two links.
struct RingPlace {
    let rank: Int
    let worldSize: Int
    let ports: [UInt16]
    let congestionControl: String?

    private var next: Int { (rank + 1) % worldSize }
    private var deadline: Deadline { .after(.seconds(30)) }

    /// Even ranks dial first and odd ones accept first, so nobody waits for one who waits.
    private var dialsFirst: Bool { rank % 2 == 0 }

    func tlsRing(_ listener: borrowing TLSListener, certificates: URL) throws -> Ring<TLSLink> {
        let identity = try TLSIdentity(
            files: ThrowawayCertificates.files(rank, in: certificates),
            node: ThrowawayCertificates.node(rank),
            cluster: ThrowawayCertificates.cluster
        )
        let context = try TLSContext(identity)
        if dialsFirst {
            let link = try dial(as: context)
            return ring(link, try accept(listener, as: context))
        }
        let link = try accept(listener, as: context)
        return ring(try dial(as: context), link)
    }

    func plainRing(_ listener: borrowing TLSListener) throws -> Ring<MemoryLink> {
        // Connecting needs nobody's answer, so the order does not matter here.
        let out = try plainConnection(to: ports[next])
        let caller = try nextCaller(listener)
        try setOptions(out)
        try setOptions(caller.descriptor)
        return ring(
            MemoryLink(adopting: out, peer: "rank-\(next)"),
            MemoryLink(adopting: caller.descriptor, peer: caller.address)
        )
    }

    private func ring<L: Link & ~Copyable>(
        _ next: consuming L,
        _ previous: consuming L
    ) -> Ring<L> {
        Ring(
            rank: Rank(rank),
            worldSize: worldSize,
            generation: Generation(1),
            next: next,
            previous: previous,
            monitor: UnwatchedRing(stallLimit: .seconds(30))
        )
    }

    private var options: LinkOptions {
        var options = LinkOptions.ring
        options.congestionControl = congestionControl
        return options
    }

    private func dial(as context: TLSContext) throws -> TLSLink {
        try TLSLink.connect(
            to: PeerAddress(host: "127.0.0.1", port: ports[next]),
            expecting: ThrowawayCertificates.node(next),
            over: .ring,
            as: context,
            options: options,
            until: deadline
        )
    }

    private func accept(
        _ listener: borrowing TLSListener,
        as context: TLSContext
    ) throws -> TLSLink {
        let previous = (rank + worldSize - 1) % worldSize
        return try TLSLink.accept(
            nextCaller(listener),
            over: [.ring],
            as: context,
            options: options,
            until: deadline
        ) { node, _ in node == ThrowawayCertificates.node(previous) }
    }

    private func nextCaller(_ listener: borrowing TLSListener) throws -> AcceptedSocket {
        let deadline = deadline
        while true {
            try waitUntilReady(
                listener.descriptor,
                for: Int32(POLLIN),
                until: deadline,
                peer: "previous rank"
            )
            if let caller = try listener.accept() { return caller }
        }
    }

    private func plainConnection(to port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw BenchError("connect: \(systemMessage(errno))") }
        return descriptor
    }

    private func setOptions(_ descriptor: Int32) throws {
        var on: Int32 = 1
        let length = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, length)
        guard let congestionControl else { return }
        let count = socklen_t(congestionControl.utf8.count)
        let level = Int32(IPPROTO_TCP)
        guard setsockopt(descriptor, level, TCP_CONGESTION, congestionControl, count) == 0 else {
            throw BenchError("congestion control \(congestionControl): \(systemMessage(errno))")
        }
    }
}
