import Collectives
import Domain
import Glibc
import Testing

@Suite("Between two collectives")
struct WatchTests {
    @Test("A rank sleeps until what it watches is ready", arguments: [1, 2])
    func wakes(worldSize: Int) throws {
        let event = open("/dev/null", O_RDONLY)  // always ready
        defer { close(event) }
        let calls = Counter()
        var options = RingOptions()
        options.monitor = { _ in Bell(event, calls) }
        let errors = try errors(of: worldSize, options: options) { ring in
            try ring.watch(atMost: .seconds(20))
            try ring.barrier()
        }
        #expect(errors == [CollectiveError?](repeating: nil, count: worldSize))
        #expect(calls.value >= worldSize)
    }

    @Test("Data of the next collective waits where it is")
    func earlyData() throws {
        let sums = try withRing(of: 2) { ring in
            var total: Float = 0
            for round in 0..<10 {
                if ring.rank.index == round % 2 { try ring.watch(atMost: .milliseconds(20)) }
                var values = [Float](repeating: 1, count: 100_000)
                var span = values.mutableSpan
                try ring.allReduce(&span)
                total += values[99_999]
            }
            return total
        }
        #expect(sums == [20, 20])
    }

    @Test("An abort and a death are seen between collectives too")
    func failures() throws {
        let cause = Cause(node: nil, rank: Rank(0), reason: "no more space on disk")
        let aborted = try errors(of: 3) { ring in
            guard ring.rank.index != 0 else { return ring.abort(cause) }
            while true { try ring.watch(atMost: .seconds(20)) }
        }
        #expect(aborted == [nil, .aborted(cause), .aborted(cause)])
        let orphaned = try errors(of: 2) { ring in
            guard ring.rank.index != 0 else { return }
            while true { try ring.watch(atMost: .seconds(20)) }
        }
        guard case .lost(let rank, "node-0", _) = orphaned[1] else {
            Issue.record("\(String(describing: orphaned[1]))")
            return
        }
        #expect(rank == Rank(0))
    }
}

/// Watches a descriptor that is ready, and counts how often it is told so.
private struct Bell: RingMonitor {
    private let descriptor: Int32
    private let calls: Counter

    init(_ descriptor: Int32, _ calls: Counter) {
        self.descriptor = descriptor
        self.calls = calls
    }

    var descriptors: [WatchedDescriptor] {
        [WatchedDescriptor(descriptor, events: Int16(POLLIN))]
    }

    func check(_ wait: RingWait) -> CollectiveError? {
        calls.increment()
        return nil
    }
}
