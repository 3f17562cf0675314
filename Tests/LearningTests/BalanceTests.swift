import Learning
import Testing

@Suite("Balancing classes")
struct BalanceTests {
    @Test("Balanced weights give every class that occurs the same sum, and rows a mean of one")
    func balanced() {
        let counts = [90, 9, 0, 1]
        let weights = RowWeights(RowWeights.balanced(counts: counts), counts: counts)
        for number in [0, 1, 3] {
            // A Float's rounding.
            let sum = Double(weights.normalized[number]) * Double(counts[number])
            #expect(abs(sum - 100.0 / 3) < 1e-5)
        }
    }

    @Test("Given weights keep their proportion; the rows' mean is one")
    func given() {
        let weights = RowWeights([1, 5], counts: [60, 20])
        #expect(weights.normalized == [0.5, 2.5])
        #expect(weights.classWeights == [1, 5])
        #expect(RowWeights([3, 3], counts: [60, 20]).isNone)
        #expect(RowWeights.none.isNone)
    }

    private static let labels: [[Int]] = [
        [0, 0, 0, 1, 0, 0, 2, 0, 0, 0], [], [0, 1, 0, 0, 2, 2, 0], [0, 0],
    ]

    private static func counts(_ labels: [[Int]]) -> [[Int]] {
        labels.map { own in (0..<4).map { number in own.count { $0 == number } } }
    }

    @Test("Every class gets as many rows as the largest or the smallest", arguments: [true, false])
    func targets(isOver: Bool) {
        let resampling = Resampling(isOver: isOver, counts: Self.counts(Self.labels))
        for number in 0..<3 {
            let sum = resampling.targets.reduce(0) { $0 + $1[number] }
            #expect(sum == (isOver ? 14 : 2), "class \(number)")
        }
        #expect(resampling.targets.allSatisfy { $0[3] == 0 })
        for (targets, own) in zip(resampling.targets, Self.counts(Self.labels)) {
            for number in 0..<3 where own[number] == 0 { #expect(targets[number] == 0) }
        }
    }

    @Test("A rank takes as many rows as all expect, each as often as the others to within one")
    func rows() {
        for isOver in [true, false] {
            let resampling = Resampling(isOver: isOver, counts: Self.counts(Self.labels))
            for (rank, labels) in Self.labels.enumerated() {
                let all = labels.indices.map { Int32($0) }
                func taken(_ seed: UInt64) -> [Int32] {
                    resampling.rows(of: rank, from: all, seed: seed) { labels[Int($0)] }
                }
                let rows = taken(1)
                #expect(rows.count == resampling.rowsOfRanks[rank])
                #expect(rows == taken(1))
                for number in 0..<3 {
                    let own = all.filter { labels[Int($0)] == number }
                    expectEven(rows, over: own, sum: resampling.targets[rank][number])
                }
            }
        }
    }

    /// Each of `own` is among `rows` as often as the others to within one, `sum` times together.
    private func expectEven(_ rows: [Int32], over own: [Int32], sum: Int) {
        let times = own.map { row in rows.count { $0 == row } }
        #expect(times.reduce(0, +) == sum)
        #expect((times.max() ?? 0) - (times.min() ?? 0) <= 1)
    }

    @Test("Another seed leaves out other rows")
    func seeds() {
        let labels = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]
        let resampling = Resampling(isOver: false, counts: Self.counts([labels]))
        let found = (0..<8).map { seed in
            resampling.rows(of: 0, from: labels.indices.map { Int32($0) }, seed: seed) {
                labels[Int($0)]
            }
        }
        #expect(Set(found).count > 4)
    }
}

@Suite("Stopping early")
struct EarlyStoppingTests {
    private func advice(
        _ values: [Double],
        patience: Int?,
        isLargerBetter: Bool
    ) -> [EarlyStopping.Advice] {
        var watch = EarlyStopping(patience: patience, isLargerBetter: isLargerBetter)
        return values.enumerated().map { watch.handle($1, epoch: $0 + 1) }
    }

    @Test("It ends after so many epochs without a better value, and keeps the best")
    func stop() {
        let falling = advice([3, 2, 2, 2.5, 1, 1, 1.5], patience: 2, isLargerBetter: false)
        #expect(falling == [.keep, .keep, .goOn, .stop, .keep, .goOn, .stop])
        let rising = advice([0.5, 0.6, 0.55, 0.7], patience: 2, isLargerBetter: true)
        #expect(rising == [.keep, .keep, .goOn, .keep])
    }

    @Test("A value that is no number is never the best; without patience nothing ends")
    func noNumber() {
        let found = advice([.nan, 1, .nan, .nan, 2], patience: nil, isLargerBetter: true)
        #expect(found == [.goOn, .keep, .goOn, .goOn, .keep])
    }

    @Test("It knows the epoch of the best")
    func epoch() {
        var watch = EarlyStopping(patience: 3, isLargerBetter: true)
        for (index, value) in [0.1, 0.4, 0.3, 0.2].enumerated() {
            _ = watch.handle(value, epoch: index + 1)
        }
        #expect(watch.bestEpoch == 2 && watch.best == 0.4 && watch.waited == 2)
    }
}
