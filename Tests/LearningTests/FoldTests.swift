import Learning
import LinearAlgebra
import Testing

@Suite("Folds dealt across ranks")
struct FoldTests {
    /// Labels of each rank: 3 classes, the last of them rare, the ranks of different size.
    private let ranks: [[Int32]] = [
        (0..<57).map { $0 % 7 == 0 ? 1 : 0 },
        [],
        (0..<31).map { $0 < 2 ? 2 : Int32($0 % 2) },
        (0..<12).map { $0 == 5 ? 2 : 1 },
    ]

    private func deal(folds: Int, seed: UInt64 = 3) throws -> [[Int32]] {
        try ranks.indices.map { rank in
            try FoldDealing(
                labels: ranks[rank],
                classes: 3,
                folds: folds,
                seed: seed,
                with: KnownCounts(rank: rank, labels: ranks, classes: 3)
            ).folds
        }
    }

    @Test("Every row is in exactly one fold", arguments: [2, 3, 5, 10, 100])
    func partition(folds: Int) throws {
        let dealt = try deal(folds: folds)
        #expect(dealt.map(\.count) == ranks.map(\.count))
        #expect(dealt.joined().allSatisfy { (0..<Int32(folds)).contains($0) })
    }

    @Test(
        "Folds, and their parts of each class, differ by one row at most",
        arguments: [2, 3, 5, 10]
    )
    func balance(folds: Int) throws {
        let dealt = try deal(folds: folds)
        let all = zip(dealt.joined(), ranks.joined()).map { (fold: $0, label: $1) }
        for label: Int32? in [nil, 0, 1, 2] {
            let sizes = (0..<folds).map { fold in
                all.count { $0.fold == fold && (label == nil || $0.label == label) }
            }
            let (least, most) = (sizes.min() ?? 0, sizes.max() ?? 0)
            #expect(most - least <= 1, "class \(label.map(String.init) ?? "any"): \(sizes)")
        }
    }

    @Test(
        "The counts foretold for the classes are those that are dealt",
        arguments: [2, 3, 4, 7, 50]
    )
    func foretold(folds: Int) throws {
        let dealt = try deal(folds: folds)
        let all = zip(dealt.joined(), ranks.joined()).map { (fold: $0, label: $1) }
        let counted = (0..<folds).map { fold in
            (0..<3).map { label in all.count { $0.fold == fold && $0.label == label } }
        }
        let classes = (0..<3).map { label in ranks.joined().count { $0 == label } }
        #expect(FoldDealing.counts(ofClasses: classes, folds: folds) == counted)
    }

    @Test("The seed decides: the same gives the same folds, another gives others")
    func seeds() throws {
        #expect(try deal(folds: 5) == deal(folds: 5))
        #expect(try deal(folds: 5) != deal(folds: 5, seed: 4))
    }
}

/// The reducer of one of several ranks whose labels are all known to the test.
private final class KnownCounts: Reducer {
    let rank: Int
    let worldSize: Int
    private let sums: [Double]

    init(rank: Int, labels: [[Int32]], classes: Int) {
        self.rank = rank
        worldSize = labels.count
        sums = (0..<classes).flatMap { label in
            labels.map { part in Double(part.count { $0 == label }) }
        }
    }

    func makeVector(count: Int) -> Vector { Vector(zeros: count) }
    func sum(_ vector: inout Vector) {}
    func max(_ values: inout [Double]) {}
    func beginSum(_ vector: borrowing Vector, _ elements: Range<Int>) -> Int { 0 }
    func finishSum(_ token: Int) {}
    func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
    var waiting: (count: Int, seconds: Double) { (0, 0) }

    func sum(_ values: inout [Double]) throws(ReducerError) {
        // This rank may have named no counts but its own.
        for (place, value) in values.enumerated() where place % worldSize == rank {
            guard value == sums[place] else { throw ReducerError("\(value) at \(place)") }
        }
        values = sums
    }
}
