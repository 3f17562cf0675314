extension PairSearch {
    /// Goes on with the variables that are not sure to stay; all ranks do so together.
    func narrowWindow() {
        let lively = whole.lively(band: band)
        whole.cache.resize(bytesMax: options.cacheBytes / 2)
        let own = whole.narrowed(to: lively, cacheBytes: options.cacheBytes / 2)
        (narrow, kept, blocksInWindow) = (own, [], 0)
    }

    /// Takes all variables up again, and makes up for what they did not see.
    func widen() throws(LearningError) {
        guard let narrow else { return }
        for (t, origin) in narrow.origins.enumerated() {
            whole.alpha[Int(origin)] = narrow.alpha[t]
        }
        self.narrow = nil
        whole.cache.resize(bytesMax: options.cacheBytes)
        if isResumed, !isAlone {
            var writer = PieceWriter()
            tell(pending.keys.sorted().filter { $0 >> 40 == meeting.rank }, to: &writer)
            let moved = Set(pending.keys)
            for var reader in try meeting.gather(writer.bytes) where reader.rank != meeting.rank {
                try hear(from: &reader, expected: moved)
            }
        }
        // What was in the window knows of all moves already.
        try makeUpForPending()
        for (t, origin) in narrow.origins.enumerated() { whole.v[Int(origin)] = narrow.v[t] }
        (kept, blocksInWindow) = ([], 0)
        band = (-Double.infinity, Double.infinity)
    }

    /// Makes up for what moved without the whole window's notice, once for each row that did.
    ///
    /// It is done in so many parts, about alike; before each `goesOn` is asked.
    /// - Returns: whether it was done to the end; else v is of no use any more.
    @discardableResult
    func makeUpForPending(
        parts: Int = 1,
        while goesOn: () throws(LearningError) -> Bool = { () throws(LearningError) in true }
    ) throws(LearningError) -> Bool {
        let names = pending.keys.sorted()
        for part in 0..<parts {
            guard try goesOn() else { return false }
            let end = names.count * (part + 1) / parts
            let step = options.blockRows
            for low in stride(from: names.count * part / parts, to: end, by: step) {
                try makeUp(for: Array(names[low..<Swift.min(end, low + step)]))
                meeting.tick()
            }
        }
        pending = [:]
        return true
    }

    private func makeUp(for names: [Int]) throws(LearningError) {
        whole.cache.beginBlock()
        let rows = names.map {
            WorkingRow(owner: $0 >> 40, variable: 0, row: $0 & (1 << 40 - 1), isFirst: true)
        }
        let lines = try kernelRows(of: rows, in: whole)
        let factors = names.map { -(pending[$0] ?? 0) }
        whole.addRows(lines, factors)
        // Such a v violates with nobody and would never be seen again.
        guard whole.v.allSatisfy(\.isFinite) else { throw .kernelNotFinite }
    }
}
