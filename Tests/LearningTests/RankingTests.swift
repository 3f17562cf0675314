import Learning
import MeetingRanks
import Testing

@Suite("Ranking scores over ranks")
struct RankingTests {
    /// Scores with many ties, of which about a third are positive.
    private static func rows(_ count: Int) -> [(score: Float, isPositive: Bool)] {
        var generator = SeededGenerator(seed: 7)
        return (0..<count).map { _ in
            let isPositive = generator.next() % 3 == 0
            let level = Float(generator.next() % 23) - (isPositive ? 9 : 11)
            return (level / 4, isPositive)
        }
    }

    /// Pairs that are right, ties counted half, over all pairs: O(n²).
    private static func naiveROC(_ rows: [(score: Float, isPositive: Bool)]) -> Double {
        var (right, pairs) = (0.0, 0.0)
        for positive in rows where positive.isPositive {
            for negative in rows where !negative.isPositive {
                pairs += 1
                if positive.score > negative.score { right += 1 }
                if positive.score == negative.score { right += 0.5 }
            }
        }
        return right / pairs
    }

    /// Σ (change of recall) · precision over the distinct thresholds: O(n²).
    private static func naivePrecision(_ rows: [(score: Float, isPositive: Bool)]) -> Double {
        var (area, recallBefore) = (0.0, 0.0)
        let all = Double(rows.count { $0.isPositive })
        for threshold in Set(rows.map(\.score)).sorted(by: >) {
            let called = rows.filter { $0.score >= threshold }
            let right = Double(called.count { $0.isPositive })
            area += (right / all - recallBefore) * right / Double(called.count)
            recallBefore = right / all
        }
        return area
    }

    /// What a plan finds over ranks, each with every so-manieth row.
    private static func walk(
        _ rows: [(score: Float, isPositive: Bool)],
        over worldSize: Int,
        keysMax: Int,
        choosing rule: CutRule? = nil
    ) throws -> [RankingWalk] {
        let positives = rows.count { $0.isPositive }
        let plan = RankingPlan(counts: [rows.count - positives, positives], keysMax: keysMax)
        return try RankThreads.run(worldSize) { reducer in
            try plan.walks(1..<2, choosing: rule, with: reducer) { pass in
                for (number, row) in rows.enumerated() where number % worldSize == reducer.rank {
                    pass.add(row.score, of: 1, isPositive: row.isPositive)
                }
            }[0]
        }
    }

    @Test(
        "Both areas are those of all pairs and thresholds, ties counted half",
        arguments: [1, 2, 3, 7],
        [1 << 20, 50]
    )
    func areas(worldSize: Int, keysMax: Int) throws {
        let rows = Self.rows(400)
        let found = try Self.walk(rows, over: worldSize, keysMax: keysMax)
        #expect(found.count == worldSize)
        for walk in found {
            // The naive sums of halves are exact; both divide once.
            #expect(walk.rocArea == Self.naiveROC(rows))
            let precision = try #require(walk.precisionArea)
            #expect(abs(precision - Self.naivePrecision(rows)) < 1e-13)
        }
    }

    @Test("However the rows are dealt, the areas have the same bits")
    func bits() throws {
        let rows = Self.rows(1000).map { ($0.score * 1.1, $0.isPositive) }
        let alone = try Self.walk(rows, over: 1, keysMax: 1 << 20)[0]
        for (worldSize, keysMax) in [(2, 1 << 20), (3, 90), (7, 300)] {
            let found = try Self.walk(rows, over: worldSize, keysMax: keysMax)
            #expect(found.allSatisfy { $0.rocArea == alone.rocArea })
            #expect(found.allSatisfy { $0.precisionArea == alone.precisionArea })
        }
    }

    @Test("Perfect, reversed and equal scores; a side without rows has no area")
    func extremes() throws {
        func area(_ scores: [Float], _ labels: [Bool]) throws -> Double? {
            try Self.walk(Array(zip(scores, labels)), over: 2, keysMax: 9)[0].rocArea
        }
        #expect(try area([2, 1, -1], [true, true, false]) == 1)
        #expect(try area([2, 1, -1], [false, false, true]) == 0)
        #expect(try area([0, -0.0, 0], [true, false, false]) == 0.5)
        #expect(try area([1, 2], [true, true]) == nil)
        #expect(try area([], []) == nil)
    }

    @Test("Classes are ranked several at a time or one by one, with the same result")
    func classes() throws {
        var scores: [[Float]] = []
        var labels: [Int] = []
        var counts = [0, 0, 0, 0]
        for row in 0..<300 {
            let steps: [Int] = [0, 17, 34, 51]
            scores.append(steps.map { (step: Int) -> Float in Float((row * 31 + step) % 97) / 9 })
            labels.append(row * row % 4)
            counts[labels[row]] += 1
        }
        let (allScores, allLabels, allCounts) = (scores, labels, counts)
        func areas(_ worldSize: Int, _ keysMax: Int) throws -> [Double?] {
            let plan = RankingPlan(counts: allCounts, keysMax: keysMax)
            return try RankThreads.run(worldSize) { reducer in
                try plan.walks(0..<4, with: reducer) { pass in
                    for item in 0..<1200 where item / 4 % worldSize == reducer.rank {
                        let (row, number) = (item / 4, item % 4)
                        let isPositive = allLabels[row] == number
                        pass.add(allScores[row][number], of: number, isPositive: isPositive)
                    }
                }.map(\.rocArea)
            }[0]
        }
        let together = try areas(1, 1 << 20)
        for number in 0..<4 where counts[number] > 0 {
            var rows: [(score: Float, isPositive: Bool)] = []
            for row in 0..<300 { rows.append((scores[row][number], labels[row] == number)) }
            #expect(together[number] == Self.naiveROC(rows))
        }
        #expect(counts[2] == 0 && together[2] == nil)
        #expect(try areas(3, 700) == together)
        #expect(try areas(2, 40) == together)
    }

    @Test("The chosen threshold is as good as the best of all", arguments: [1, 3])
    func threshold(worldSize: Int) throws {
        let rows = Self.rows(300)
        let positives = rows.count { $0.isPositive }
        let rules: [CutRule] = [
            .f1, .cost(falsePositive: 1, falseNegative: 1),
            .cost(falsePositive: 1, falseNegative: 8), .cost(falsePositive: 20, falseNegative: 1),
        ]
        for rule in rules {
            func value(_ threshold: Float) -> Double {
                let called = rows.filter { $0.score > threshold }
                let right = called.count { $0.isPositive }
                return rule.value(
                    truePositives: right,
                    falsePositives: called.count - right,
                    positives: positives
                )
            }
            var candidates = rows.map(\.score)
            candidates.append(-100)
            let best = try #require(candidates.map(value).max())
            for walk in try Self.walk(rows, over: worldSize, keysMax: 60, choosing: rule) {
                let cut = try #require(walk.cut)
                #expect(cut.value == best)
                #expect(value(cut.threshold) == best)
            }
        }
    }

    @Test("A key orders as its score does, and gives it back")
    func keys() {
        let scores: [Float] = [
            -.infinity, -3e38, -1, -Float.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, 0.5, 1,
            1.0000001, 3e38, .infinity,
        ]
        let keys = scores.map { rankingKey($0) }
        #expect(keys == keys.sorted() && Set(keys).count == keys.count)
        #expect(keys.map { rankedScore($0) } == scores)
        #expect(rankingKey(-0.0) == rankingKey(0))
        #expect(rankingKey(.nan) < rankingKey(-.infinity))
    }

    @Test("Sorted keys survive as bytes; bytes that are none are refused")
    func bytes() throws {
        var first = ScoreRanking()
        for row in Self.rows(500) { first.add(rankingKey(row.score), isPositive: row.isPositive) }
        first.add(0, isPositive: true)
        first.add(.max, isPositive: false)
        first.sort()
        #expect(first.positives == first.positives.sorted())
        let bytes = first.bytes + ScoreRanking().bytes
        #expect(ScoreRanking.all(in: bytes) == [first, ScoreRanking()])
        for count in 1..<first.bytes.count {
            #expect(ScoreRanking.all(in: Array(bytes.prefix(count))) == nil)
        }
        // Ties take no room, a count without its keys, more ties than rows, none, a key beyond 32
        // bits, a number without end.
        #expect(ScoreRanking.all(in: [5, 3, 5, 0])?.first?.positives == [1, 1, 1, 1, 1])
        #expect(ScoreRanking.all(in: [200, 1, 0]) == nil)
        #expect(ScoreRanking.all(in: [5, 3, 6, 0]) == nil)
        #expect(ScoreRanking.all(in: [5, 3, 0, 0]) == nil)
        #expect(ScoreRanking.all(in: [1, 128, 128, 128, 128, 32, 0]) == nil)
        #expect(ScoreRanking.all(in: [UInt8](repeating: 255, count: 40)) == nil)
    }
}
