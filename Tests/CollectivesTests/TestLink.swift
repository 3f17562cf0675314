import Collectives
import Domain
import Glibc
import Transport

/// A link of either kind, so that one test body serves both.
struct TestLink: Link, ~Copyable {
    enum Kind: Sendable, CaseIterable {
        case memory
    }

    private var memory: MemoryLink?

    init(_ link: consuming MemoryLink) { memory = consume link }

    var descriptor: Int32 {
        switch memory {
        case .some(let link): link.descriptor
        case .none: -1
        }
    }

    var wantsRead: Bool {
        switch memory {
        case .some(let link): link.wantsRead
        case .none: false
        }
    }

    var wantsWrite: Bool {
        switch memory {
        case .some(let link): link.wantsWrite
        case .none: false
        }
    }

    var hasBufferedInput: Bool {
        switch memory {
        case .some(let link): link.hasBufferedInput
        case .none: false
        }
    }

    var peer: String {
        switch memory {
        case .some(let link): link.peer
        case .none: ""
        }
    }

    mutating func send(_ bytes: RawSpan) throws(TransportError) -> Int {
        try memory?.send(bytes) ?? 0
    }

    mutating func receive(into bytes: inout MutableRawSpan) throws(TransportError) -> Int {
        try memory?.receive(into: &bytes) ?? 0
    }

    mutating func flush() throws(TransportError) -> Bool {
        try memory?.flush() ?? true
    }
}

extension TestLink {
    /// The two links of one rank, made on its own thread.
    struct Both: ~Copyable {
        private var next: TestLink
        private var previous: TestLink

        init(_ kind: Kind, next: Int32, previous: Int32, rank: Int) throws {
            switch kind {
            case .memory:
                self.next = TestLink(MemoryLink(adopting: next, peer: "after-\(rank)"))
                self.previous = TestLink(
                    MemoryLink(adopting: previous, peer: "before-\(rank)")
                )
            }
        }

        consuming func makeRing(
            rank: Int,
            worldSize: Int,
            options: RingOptions
        ) -> Ring<TestLink> {
            Ring(
                rank: Rank(rank),
                worldSize: worldSize,
                generation: options.generation(rank),
                next: next,
                previous: previous,
                monitor: options.monitor(rank),
                stallLimit: options.stallLimit
            )
        }
    }
}

/// Two ends of one stream, not yet links.
func connectedSockets(_ kind: TestLink.Kind) throws -> (first: Int32, second: Int32) {
    switch kind {
    case .memory: try MemoryLink.pair()
    }
}
