/// Rows drawn so that every class has as many: the rest are drawn again, or left out.
///
/// How many rows of each class a rank takes follows from the public counts alone, so every rank
/// knows everybody's number of rows, and with it the number of steps, without asking.
public struct Resampling: Equatable, Sendable {
    /// Rows to take, by rank and class.
    public let targets: [[Int]]

    /// Targets over rows of which each rank has `counts` by class.
    ///
    /// `isOver`: every class gets as many rows as the largest has, else as the smallest that
    /// occurs. A rank's share of a class stays what it was, to within a row.
    public init(isOver: Bool, counts: [[Int]]) {
        let classes = counts.first?.count ?? 0
        let totals = (0..<classes).map { number in counts.reduce(0) { $0 + $1[number] } }
        let occurring = totals.filter { $0 > 0 }
        let wanted = (isOver ? occurring.max() : occurring.min()) ?? 0
        var before = [Int](repeating: 0, count: classes)
        targets = counts.map { own in
            (0..<classes).map { number in
                guard totals[number] > 0 else { return 0 }
                // The shares tile the wanted rows as the ranks' rows tile the class.
                let low = wanted * before[number] / totals[number]
                before[number] += own[number]
                return wanted * before[number] / totals[number] - low
            }
        }
    }

    /// Rows that each rank takes.
    public var rowsOfRanks: [Int] { targets.map { $0.reduce(0, +) } }

    /// The numbers of the rows that `rank` takes, in ascending order, some of them several times.
    ///
    /// Every row of a class is taken as often as every other, to within one; which ones are taken
    /// once more is drawn by `seed`. `classOf` says the class of a row of `rows`.
    public func rows(
        of rank: Int,
        from rows: [Int32],
        seed: UInt64,
        classOf: (Int32) -> Int
    ) -> [Int32] {
        var byClass = [[Int32]](repeating: [], count: targets[rank].count)
        for row in rows { byClass[classOf(row)].append(row) }
        var taken: [Int32] = []
        taken.reserveCapacity(targets[rank].reduce(0, +))
        for (number, own) in byClass.enumerated() where !own.isEmpty {
            let target = targets[rank][number]
            for _ in 0..<target / own.count { taken.append(contentsOf: own) }
            var rest = own
            var generator = SeededGenerator(
                seed: seed,
                0x7265_7361,
                UInt64(rank),
                UInt64(number)
            )
            shuffle(&rest, using: &generator)
            taken.append(contentsOf: rest.prefix(target % own.count))
        }
        return taken.sorted()
    }
}
