import Collectives
import Domain
import Glibc
import Testing
import Transport

@Suite("Rings that fail")
struct FailureTests {
    let cause = Cause(
        node: NodeID(checked: "node-b"),
        rank: Rank(1),
        step: 40,
        reason: "worker killed by signal 9"
    )

    @Test(
        "An abort from any rank in the middle of a collective names the culprit on all",
        arguments: 0..<4,
        TestLink.Kind.allCases
    )
    func abort(culprit: Int, kind: TestLink.Kind) throws {
        let cause = cause
        let errors = try errors(of: 4, over: kind) { ring in
            guard ring.rank.index != culprit else { return ring.abort(cause) }
            // Too large for the kernel's buffers: nobody can be done before the culprit takes part.
            try allReduce(1_000_000, on: &ring)
        }
        for (rank, error) in errors.enumerated() where rank != culprit {
            #expect(error == .aborted(cause))
        }
    }

    @Test("A rank whose monitor objects ends the collective of all with that cause")
    func monitorObjects() throws {
        let event = open("/dev/null", O_RDONLY)  // always ready
        defer { close(event) }
        let cause = cause
        var options = RingOptions()
        options.monitor = { rank in
            guard rank == 2 else { return UnwatchedRing() }
            return Watchman(event, error: .aborted(cause))
        }
        let late = Gate()
        let errors = try errors(of: 3, options: options) { ring in
            // Rank 0 comes late, so the others wait in the middle of it.
            if ring.rank.index == 0 { late.pass() }
            defer { if ring.rank.index == 2 { late.open() } }
            try allReduce(1_000_000, on: &ring)
        }
        for error in errors { #expect(error == .aborted(cause)) }
    }

    @Test("A monitor is asked although no descriptor is ready, and says how long it has been")
    func periodicCheck() throws {
        var options = RingOptions()
        options.monitor = { rank in
            guard rank == 1 else { return UnwatchedRing() }
            return Impatient()
        }
        let errors = try errors(of: 2, options: options) { ring in
            if ring.rank.index == 0 {
                while true { try ring.watch(atMost: .seconds(1)) }
            }
            try allReduce(10, on: &ring)
        }
        for error in errors {
            guard case .aborted(let cause) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(cause.rank == Rank(0))
            #expect(cause.reason.contains("node-0"))
        }
    }

    @Test(
        "A link that breaks in the middle is known to both its ends, and to the others by them",
        arguments: [1_000, 500_000, 5_000_000],
        TestLink.Kind.allCases
    )
    func cut(bytes: Int, kind: TestLink.Kind) throws {
        var options = RingOptions()
        options.bytesUntilCut = { rank in rank == 1 ? bytes : .max }
        let errors = try errors(of: 4, over: kind, options: options) { ring in
            ring.step = 7
            while true { try allReduce(1_000_000, on: &ring) }
        }
        let ends = [Rank(1), Rank(2)]
        for (rank, error) in errors.enumerated() {
            switch error {
            case .lost(let other, _, .closedByPeer):
                #expect(ends.contains(Rank(rank)) && ends.contains(other) && other != Rank(rank))
            case .aborted(let cause):
                #expect(cause.rank.map(ends.contains) == true)
                #expect(cause.step == 7)
                #expect(cause.reason.contains("link lost"))
            default: Issue.record("rank \(rank): \(String(describing: error))")
            }
        }
    }

    @Test("A rank that dies is named by all others", arguments: 0..<4)
    func death(victim: Int) throws {
        let errors = try errors(of: 4) { ring in
            try allReduce(1_000, on: &ring)
            // Returning drops the ring and closes its links, as the kernel does for a dead process.
            guard ring.rank.index != victim else { return }
            try allReduce(1_000_000, on: &ring)
        }
        for (rank, error) in errors.enumerated() where rank != victim {
            switch error {
            case .lost(let other, _, _): #expect(other == Rank(victim))
            case .aborted(let cause): #expect(cause.rank == Rank(victim))
            default: Issue.record("rank \(rank): \(String(describing: error))")
            }
        }
    }

    @Test("A rank that is frozen ends the wait of the others at the stall limit")
    func stall() throws {
        var options = RingOptions()
        options.monitor = { _ in UnwatchedRing(stallLimit: .milliseconds(300)) }
        let remaining = Counter()
        let thawed = Gate()
        let errors = try errors(of: 3, options: options) { ring in
            guard ring.rank.index != 1 else { return thawed.pass() }
            defer {
                remaining.increment()
                if remaining.value == 2 { thawed.open() }
            }
            try allReduce(1_000_000, on: &ring)
        }
        // Both neighbours wait for the frozen rank; the first to see it tells the other.
        for error in [errors[0], errors[2]] {
            switch error {
            case .stalled(let rank, let peer, let limit):
                #expect(rank == Rank(1) && peer == "node-1" && limit == .milliseconds(300))
            case .aborted(let cause): #expect(cause.rank == Rank(1))
            default: Issue.record("\(String(describing: error))")
            }
        }
    }

    @Test("A ring that has failed stays failed and says why again")
    func staysFailed() throws {
        let cause = cause
        let failures = try ranks(of: 2) { ring in
            if ring.rank.index == 0 { ring.abort(cause) }
            let first = #expect(throws: CollectiveError.self) { try ring.barrier() }
            let second = #expect(throws: CollectiveError.self) { try allReduce(3, on: &ring) }
            #expect(first == second)
            return ring.failure
        }
        for failure in failures { #expect(try failure.get() == .aborted(cause)) }
    }
}

private func allReduce(_ count: Int, on ring: inout Ring<TestLink>) throws {
    var values = [Float](repeating: 1, count: count)
    var span = values.mutableSpan
    try ring.allReduce(&span)
}

/// Objects as soon as its descriptor is ready.
private struct Watchman: RingMonitor {
    let descriptor: Int32
    let error: CollectiveError

    init(_ descriptor: Int32, error: CollectiveError) {
        self.descriptor = descriptor
        self.error = error
    }

    var descriptors: [WatchedDescriptor] {
        [WatchedDescriptor(descriptor, events: Int16(POLLIN))]
    }

    func check(_ wait: RingWait) -> CollectiveError? { error }
}

/// Objects to the second time that a neighbour is silent.
private struct Impatient: RingMonitor {
    var descriptors: [WatchedDescriptor] { [] }

    mutating func check(_ wait: RingWait) -> CollectiveError? {
        guard wait.duration > .milliseconds(200) else { return nil }
        let reason = "\(wait.peer) was silent for \(wait.duration)"
        return .aborted(Cause(node: nil, rank: wait.rank, reason: reason))
    }
}
