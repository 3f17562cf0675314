import Testing

@testable import Collectives

@Suite("The pipeline of one rank")
struct PipelineTests {
    @Test("What comes is forwarded segment by segment, and never before it has come")
    func forwards() {
        var pipeline = Pipeline.ring(
            rank: 0,
            chunks: [0..<100, 100..<180, 180..<300],
            steps: 0..<4
        )
        // Step 0: rank 0 sends chunk 2 and takes chunk 1.
        #expect(pipeline.takeSegment(upTo: 64) == 180..<244)
        #expect(pipeline.takeSegment(upTo: 64) == 244..<300)
        #expect(pipeline.takeSegment(upTo: 64) == nil)
        #expect(pipeline.expected == .init(range: 100..<180, isReduced: true))
        pipeline.receive(63)
        #expect(pipeline.takeSegment(upTo: 64) == nil)
        pipeline.receive(1)
        #expect(pipeline.takeSegment(upTo: 64) == 100..<164)
        pipeline.receive(16)
        #expect(pipeline.takeSegment(upTo: 64) == 164..<180)
        // Step 1 brings chunk 0, which is then complete here; what follows replaces.
        #expect(pipeline.expected == .init(range: 0..<100, isReduced: true))
        pipeline.receive(100)
        #expect(pipeline.expected == .init(range: 180..<300, isReduced: false))
    }

    @Test(
        "All ranks together move every byte, whatever the order of events",
        arguments: [2, 3, 5],
        UInt64(1)...4
    )
    func completes(worldSize: Int, seed: UInt64) {
        var generator = SplitMix(seed: seed)
        let count = Int.random(in: 0...500, using: &generator)
        let chunks = (0..<worldSize).map { rank in
            chunk(ofRank: rank, worldSize: worldSize, count: count)
        }
        var ranks = (0..<worldSize).map {
            Pipeline.ring(rank: $0, chunks: chunks, steps: 0..<2 * worldSize - 2)
        }
        var onTheWay = [Int](repeating: 0, count: worldSize)
        var idle = 0
        while ranks.contains(where: { !$0.hasReceivedAll }), idle < 10_000 {
            let rank = Int.random(in: 0..<worldSize, using: &generator)
            idle += 1
            if let segment = ranks[rank].takeSegment(upTo: 64) {
                onTheWay[(rank + 1) % worldSize] += segment.count
                idle = 0
            }
            let expected = ranks[rank].expected?.range.count ?? 0
            let count = min(expected, onTheWay[rank], Int.random(in: 1...50, using: &generator))
            guard count > 0 else { continue }
            ranks[rank].receive(count)
            onTheWay[rank] -= count
            idle = 0
        }
        for (rank, pipeline) in ranks.enumerated() {
            #expect(pipeline.hasReceivedAll, "rank \(rank) of \(worldSize), seed \(seed)")
            var pipeline = pipeline
            #expect(pipeline.takeSegment(upTo: 64) == nil)
            #expect(onTheWay[rank] == 0)
        }
    }

    @Test("In a broadcast the root takes nothing and the last rank sends nothing")
    func broadcast() {
        var root = Pipeline.broadcast(rank: 1, worldSize: 3, root: 1, bytes: 10)
        var middle = Pipeline.broadcast(rank: 2, worldSize: 3, root: 1, bytes: 10)
        var last = Pipeline.broadcast(rank: 0, worldSize: 3, root: 1, bytes: 10)
        #expect(root.hasReceivedAll)
        #expect(root.takeSegment(upTo: 64) == 0..<10)
        #expect(middle.takeSegment(upTo: 64) == nil)
        middle.receive(10)
        #expect(middle.takeSegment(upTo: 64) == 0..<10)
        #expect(middle.hasReceivedAll)
        last.receive(10)
        #expect(last.takeSegment(upTo: 64) == nil)
    }
}

@Suite("Looking again before sleeping")
struct LookAgainTests {
    @Test("Looks in vain become rare, and one that finds something makes them frequent again")
    func backsOff() {
        var lookAgain = LookAgain()
        var skipped: [Int] = []
        for _ in 0..<12 {
            var count = 0
            while !lookAgain.shouldLook() { count += 1 }
            skipped.append(count)
            lookAgain.note(found: false)
        }
        #expect(skipped == [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_024])
        while !lookAgain.shouldLook() {}
        lookAgain.note(found: true)
        let looks = lookAgain.shouldLook()
        #expect(looks)
    }
}
