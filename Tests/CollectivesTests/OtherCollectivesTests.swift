import Collectives
import Domain
import Testing

@Suite("The other collectives")
struct OtherCollectivesTests {
    @Test(
        "Reduce-scatter leaves each rank its chunk of the sum",
        arguments: [1, 2, 3, 4, 7, 16],
        [0, 1, 16, 1_003]
    )
    func reduceScatter(worldSize: Int, count: Int) throws {
        let slices = try withRing(of: worldSize) { ring in
            var values = (0..<count).map { Double($0 * (ring.rank.index + 1)) }
            var span = values.mutableSpan
            let slice = try ring.reduceScatter(&span)
            #expect(slice == ring.chunk(count: count))
            return Array(values[slice])
        }
        let factor = Double(worldSize * (worldSize + 1) / 2)
        #expect(slices.flatMap { $0 } == (0..<count).map { Double($0) * factor })
    }

    @Test(
        "All-gather gives everybody all chunks",
        arguments: [1, 2, 3, 4, 7, 16],
        [0, 1, 16, 1_003]
    )
    func allGather(worldSize: Int, count: Int) throws {
        let gathered = try withRing(of: worldSize) { ring in
            var values = [Int32](repeating: -1, count: count)
            for index in ring.chunk(count: count) { values[index] = Int32(index) }
            var span = values.mutableSpan
            try ring.allGather(&span)
            return values
        }
        for values in gathered { #expect(values == (0..<Int32(count)).map { $0 }) }
    }

    @Test(
        "Broadcast gives everybody the root's values, whoever is root",
        arguments: [1, 2, 3, 7],
        [0, 1, 100_003]
    )
    func broadcast(worldSize: Int, count: Int) throws {
        for root in 0..<worldSize {
            for kind in TestLink.Kind.allCases where kind == .memory || root == worldSize - 1 {
                let received = try withRing(of: worldSize, over: kind) { ring in
                    var values = (0..<count).map { Float($0 + ring.rank.index) }
                    var span = values.mutableSpan
                    try ring.broadcast(&span, from: Rank(root))
                    return values
                }
                let expected = (0..<count).map { Float($0 + root) }
                for values in received { #expect(values == expected) }
            }
        }
    }

    @Test("Byte strings of different lengths reach everybody", arguments: [1, 2, 3, 7, 16])
    func strings(worldSize: Int) throws {
        let expected = (0..<worldSize).map(text)
        for kind in TestLink.Kind.allCases {
            let gathered = try withRing(of: worldSize, over: kind) { ring in
                try ring.allGather(bytes: text(of: ring.rank.index), limit: 10_000_000)
            }
            for strings in gathered { #expect(strings == expected) }
        }
    }

    @Test("One rank's byte string reaches everybody", arguments: [1, 2, 3, 7])
    func oneString(worldSize: Int) throws {
        for root in 0..<worldSize {
            let received = try withRing(of: worldSize) { ring in
                let own = ring.rank.index == root ? text(of: root + 1) : []
                return try ring.broadcast(bytes: own, from: Rank(root), limit: 1_000_000)
            }
            for bytes in received { #expect(bytes == text(of: root + 1)) }
        }
    }

    @Test("Byte strings over the limit are refused by every rank, naming whose it was")
    func tooLong() throws {
        let gathered = try errors(of: 3) { ring in
            let length = ring.rank.index == 1 ? 101 : 0
            _ = try ring.allGather(bytes: [UInt8](repeating: 1, count: length), limit: 100)
        }
        let broadcast = try errors(of: 3) { ring in
            let bytes = [UInt8](repeating: 1, count: 101)
            _ = try ring.broadcast(bytes: bytes, from: Rank(1), limit: 100)
        }
        for error in gathered + broadcast {
            // Whoever sees it first tells the others, who may not have looked yet.
            let cause = error?.cause(own: Rank(3), step: nil)
            #expect(cause?.rank == Rank(1))
            #expect(cause?.reason == "rank 1 brought 101 bytes where at most 100 are taken")
        }
    }

    @Test("Nobody leaves a barrier before everybody has come", arguments: [1, 2, 3, 7])
    func barrier(worldSize: Int) throws {
        let arrivals = Counter()
        let seen = try withRing(of: worldSize) { ring in
            try (1...20).map { _ in
                arrivals.increment()
                try ring.barrier()
                let count = arrivals.value
                try ring.barrier()
                return count
            }
        }
        for counts in seen { #expect(counts == (1...20).map { $0 * worldSize }) }
    }

    @Test("Different collectives follow each other on one ring")
    func mixed() throws {
        let sums = try withRing(of: 3) { ring in
            var values = [Float](repeating: 1, count: 1_000)
            for round in 0..<20 {
                var span = values.mutableSpan
                try ring.broadcast(&span, from: Rank(round % 3))
                try ring.reduceScatter(&span)
                try ring.allGather(&span)
                try ring.barrier()
                try ring.allReduce(&span, .max)
                _ = try ring.allGather(bytes: [UInt8(round)], limit: 100)
                for index in values.indices { values[index] /= 3 }
            }
            return values
        }
        for sum in sums { #expect(sum == [Float](repeating: 1, count: 1_000)) }
    }
}

/// As long as its rank to the fourth power, so that one is empty and some are of several segments.
private func text(of rank: Int) -> [UInt8] {
    (0..<rank * rank * rank * rank * 3).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ rank) }
}
