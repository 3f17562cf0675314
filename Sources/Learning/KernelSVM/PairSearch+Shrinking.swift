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
            var readers = try meeting.gather(writer.bytes)
            for rank in readers.indices where rank != meeting.rank {
                try hear(from: &readers[rank])
            }
        }
        // What was in the window knows of all moves already.
        try makeUpForPending()
        for (t, origin) in narrow.origins.enumerated() { whole.v[Int(origin)] = narrow.v[t] }
        (kept, blocksInWindow) = ([], 0)
        band = (-Double.infinity, Double.infinity)
    }

    /// Makes up for what moved without the whole window's notice, once for each row that did.
    func makeUpForPending() throws(LearningError) {
        let names = pending.keys.sorted()
        for low in stride(from: 0, to: names.count, by: options.blockRows) {
            try makeUp(for: Array(names[low..<Swift.min(names.count, low + options.blockRows)]))
            meeting.tick()
        }
        pending = [:]
    }

    private func makeUp(for names: [Int]) throws(LearningError) {
        whole.cache.beginBlock()
        let rows = names.map {
            WorkingRow(owner: $0 >> 40, variable: 0, row: $0 & (1 << 40 - 1), isFirst: true)
        }
        let lines = try kernelRows(of: rows, in: whole)
        let factors = names.map { -(pending[$0] ?? 0) }
        whole.addRows(lines, factors)
    }
}
