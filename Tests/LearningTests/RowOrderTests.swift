import Learning
import Testing

@Suite("The order of rows")
struct RowOrderTests {
    private func order(_ rows: [Int32], _ window: Int?, epoch: UInt64 = 0) -> [Int32] {
        var generator = SeededGenerator(seed: 3, epoch)
        return RowOrder(rows: rows, windowRows: window).shuffled(using: &generator)
    }

    @Test(
        "Every row comes once, whatever the window",
        arguments: [nil, 1, 2, 15, 16, 17, 64, 999, 1000, 5000]
    )
    func complete(window: Int?) {
        let rows = (0..<1000).filter { $0 % 7 != 0 }.map { Int32($0) }
        #expect(order(rows, window).sorted() == rows)
        #expect(order([], window).isEmpty)
    }

    @Test("Rows that fit in memory are shuffled as a whole")
    func whole() {
        let rows = (0..<500).map { Int32($0) }
        var plain = rows
        var generator = SeededGenerator(seed: 3, 0)
        shuffle(&plain, using: &generator)
        #expect(order(rows, nil) == plain)
        #expect(order(rows, 500) == plain)
        #expect(!RowOrder(rows: rows, windowRows: 500).isWindowed)
        #expect(RowOrder(rows: rows, windowRows: 499).isWindowed)
    }

    @Test("A window's rows lie in sixteen blocks of neighbours, and no block comes back")
    func local() {
        let rows = (0..<6400).map { Int32($0) }
        let blocks = order(rows, 640).map { $0 / 40 }
        var seen: Set<Int32> = []
        for start in stride(from: 0, to: blocks.count, by: 640) {
            let window = Set(blocks[start..<start + 640])
            #expect(window.count == 16)
            #expect(seen.isDisjoint(with: window))
            seen.formUnion(window)
        }
    }

    @Test("Neighbours in the file are far apart in the order, and windows are mixed")
    func mixed() {
        let rows = (0..<6400).map { Int32($0) }
        let windowed = order(rows, 640)
        let neighbours = zip(windowed, windowed.dropFirst()).count { $0 + 1 == $1 }
        // By chance one pair in 640 of a window: ten of all, and no more than 30 by any luck.
        #expect(neighbours < 30)
        // The first window holds rows of all parts of the file.
        let first = windowed[..<640]
        #expect((first.max() ?? 0) - (first.min() ?? 0) > 3200)
    }

    @Test("The same seed gives the same order, each epoch another")
    func seeded() {
        let rows = (0..<3000).map { Int32($0) }
        #expect(order(rows, 300) == order(rows, 300))
        #expect(order(rows, 300, epoch: 1) != order(rows, 300))
    }
}

@Suite("Sums over few rows")
struct LocalSumsTests {
    /// The fewest rows that a rank adds up in a step of an epoch, counted step by step.
    private func fewest(_ rows: [Int], batch: Int) -> Int {
        let total = rows.reduce(0, +)
        let steps = (total + batch - 1) / batch
        var fewest = Int.max
        for count in rows where count > 0 {
            for step in 0..<steps {
                fewest = min(fewest, count * (step + 1) / steps - count * step / steps)
            }
        }
        return fewest
    }

    @Test(
        "A batch passes if and only if no step has a rank add up too few rows",
        arguments: [[40, 50], [100, 1000, 33], [64, 64, 64], [31, 500], [1, 1], [0, 700, 90]]
    )
    func exact(rows: [Int]) {
        let sums = LocalSums(rows, rowsMin: 32)
        for batch in 1...rows.reduce(0, +) {
            let isFine = fewest(rows, batch: batch) >= 32
            #expect((sums.firstTooFew(batch: batch) == nil) == isFine, "batch \(batch)")
        }
    }

    @Test(
        "A widened batch is one that passes, wherever there is one",
        arguments: [[40, 50], [100, 1000, 33], [64, 64, 64], [31, 500], [0, 700, 90]]
    )
    func widened(rows: [Int]) {
        let sums = LocalSums(rows, rowsMin: 32)
        let total = rows.reduce(0, +)
        let possible = sums.firstTooFew(batch: total) == nil
        for batch in [1, 16, 64, total] {
            let wide = sums.widened(batch)
            #expect(wide >= batch && wide <= total)
            #expect((sums.firstTooFew(batch: wide) == nil) == possible)
        }
    }

    @Test("A rank alone tells nobody, and no bound refuses nothing")
    func alone() {
        #expect(LocalSums([3], rowsMin: 32).firstTooFew(batch: 1) == nil)
        #expect(LocalSums([3], rowsMin: 32).widened(1) == 1)
        #expect(LocalSums([3, 4], rowsMin: 0).firstTooFew(batch: 1) == nil)
        let few = LocalSums([40, 8], rowsMin: 32).firstTooFew(batch: 48)
        #expect(few?.rank == 1)
        #expect(few?.rows == 8)
    }
}
