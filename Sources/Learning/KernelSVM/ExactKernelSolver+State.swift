extension ExactKernelSolver {
    /// Results of the pairs that are done with α of this rank's rows, and the search in hand.
    public var state: SolverState {
        var state = SolverState()
        let search = current
        state.numbers = [Double(results.count), Double(blocksBefore), search == nil ? 0 : 1]
        state.numbers += results.flatMap(\.numbers)
        for alpha in alphas { state.rows += alpha }
        guard let search else { return state }
        let own = search.state
        state.numbers += own.numbers
        state.vectors = own.vectors
        state.rows += own.rows
        return state
    }

    /// Takes up the pairs that are done and the search in hand.
    public func restore(_ state: SolverState) -> Bool {
        var (numbers, rows) = (state.numbers[...], state.rows[...])
        guard numbers.count >= 3, let done = Int(whole: numbers[0]), done <= pairs.count,
            let before = Int(whole: numbers[1]), state.isComparable
        else { return false }
        let isSearching = numbers[2] != 0
        numbers = numbers.dropFirst(3)
        let handed = isSearching ? PairSearch.numbersKept : 0
        guard numbers.count == 4 * done + handed else { return false }
        (results, alphas, blocksBefore, current) = ([], [], before, nil)
        for index in 0..<done {
            let count = data.pairCount(pairs[index])
            guard rows.count >= count else { return false }
            alphas.append(Array(rows.prefix(count)))
            results.append(PairResult(Array(numbers.prefix(4))))
            rows = rows.dropFirst(count)
            numbers = numbers.dropFirst(4)
        }
        guard isSearching else { return rows.isEmpty }
        guard done < pairs.count, let search = try? makeSearch(pairs[done]) else { return false }
        current = search
        var own = SolverState()
        (own.numbers, own.vectors, own.rows) = (Array(numbers), state.vectors, Array(rows))
        return search.restore(own)
    }
}

extension KernelData {
    /// Rows of a pair of classes.
    func pairCount(_ pair: ClassPair) -> Int { range(pair.first).count + range(pair.second).count }
}

extension PairSearch {
    /// What it needs to go on bit for bit.
    var state: SolverState {
        var state = SolverState()
        state.numbers = [
            Double(blocksDone), Double(blocksInWindow), gap, gain, band.low, band.high,
            narrow == nil ? 0 : 1, Double(idleBlocks), leastGap,
        ]
        let names = pending.keys.sorted()
        state.vectors = [
            kept.flatMap(\.numbers),
            names.flatMap { [Double($0 >> 40), Double($0 & nameMask), pending[$0] ?? 0] },
        ]
        state.rows = whole.alpha + whole.v
        guard let narrow else { return state }
        state.rows += narrow.origins.map { Double($0) } + narrow.alpha + narrow.v
        return state
    }

    /// Numbers of a state, besides vectors and rows.
    static let numbersKept = 9

    /// Takes up a saved state; false where it is not one of this search.
    func restore(_ state: SolverState) -> Bool {
        let (numbers, vectors, rows) = (state.numbers, state.vectors, state.rows)
        guard numbers.count == PairSearch.numbersKept, let idle = Int(whole: numbers[7]),
            state.isComparable
        else { return false }
        let count = whole.count
        guard vectors.count == 2, vectors[0].count % 6 == 0, vectors[1].count % 3 == 0,
            let done = Int(whole: numbers[0]), let inWindow = Int(whole: numbers[1]),
            rows.count >= 2 * count
        else { return false }
        (blocksDone, blocksInWindow, gap, gain) = (done, inWindow, numbers[2], numbers[3])
        band = (numbers[4], numbers[5])
        (idleBlocks, leastGap) = (idle, numbers[8])
        for start in stride(from: 0, to: vectors[1].count, by: 3) {
            let part = vectors[1][start..<start + 3].map { $0 }
            guard let rank = Int(whole: part[0]), rank < meeting.worldSize,
                let row = Int(whole: part[1]), part[2].isFinite,
                rank != meeting.rank || row < whole.rows.count
            else { return false }
            pending[rank << 40 | row] = part[2]
        }
        whole.alpha = Array(rows[..<count])
        whole.v = Array(rows[count..<2 * count])
        guard restoreWindow(Array(rows[(2 * count)...]), isNarrow: numbers[6] != 0) else {
            return false
        }
        for start in stride(from: 0, to: vectors[0].count, by: 6) {
            let part = vectors[0][start..<start + 6]
            let row = WorkingRow(part, worldSize: meeting.worldSize, costs: whole.costs)
            guard let row, row.owner != meeting.rank || isOwn(row) else { return false }
            kept.append(row)
        }
        // Blocks are smaller where the memory of a rank has become less.
        kept = Array(kept.prefix(options.blockRows / 2))
        isResumed = true
        return true
    }

    private func restoreWindow(_ rest: [Double], isNarrow: Bool) -> Bool {
        guard isNarrow else { return rest.isEmpty }
        let size = rest.count / 3
        let origins = rest[..<size].compactMap { Int32(exactly: $0) }
        guard rest.count == 3 * size, origins.count == size, origins.isRising,
            origins.first ?? 0 >= 0, origins.last ?? -1 < whole.count
        else { return false }
        whole.cache.resize(bytesMax: options.cacheBytes / 2)
        let own = whole.narrowed(to: origins, cacheBytes: options.cacheBytes / 2)
        own.alpha = Array(rest[size..<2 * size])
        own.v = Array(rest[(2 * size)...])
        narrow = own
        return true
    }
}

private let nameMask = 1 << 40 - 1
