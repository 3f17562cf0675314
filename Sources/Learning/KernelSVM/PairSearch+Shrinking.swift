import CKernels

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
        var fresh = whole.v
        let names = pending.keys.sorted()
        if isResumed, !isAlone {
            var writer = PieceWriter()
            tell(names.filter { $0 >> 40 == meeting.rank }, to: &writer)
            var readers = try meeting.gather(writer.bytes)
            for rank in readers.indices where rank != meeting.rank {
                try hear(from: &readers[rank])
            }
        }
        for low in stride(from: 0, to: names.count, by: options.blockRows) {
            let part = names[low..<Swift.min(names.count, low + options.blockRows)]
            try makeUp(for: Array(part), in: &fresh)
            meeting.tick()
        }
        whole.v = fresh
        for (t, origin) in narrow.origins.enumerated() { whole.v[Int(origin)] = narrow.v[t] }
        (kept, pending, blocksInWindow) = ([], [:], 0)
        band = (-Double.infinity, Double.infinity)
    }

    private func makeUp(for names: [Int], in v: inout [Double]) throws(LearningError) {
        whole.cache.beginBlock()
        let rows = names.map {
            WorkingRow(owner: $0 >> 40, variable: 0, row: $0 & (1 << 40 - 1), isFirst: true)
        }
        let lines = try kernelRows(of: rows, in: whole)
        let factors = names.map { -(pending[$0] ?? 0) }
        v.withUnsafeMutableBufferPointer { v in
            guard let base = v.baseAddress else { return }
            for (part, range) in whole.ranges.enumerated() {
                let pointers = lines[part].map { UnsafePointer?.some(UnsafePointer($0)) }
                let start = part == 0 ? 0 : whole.firsts
                ck_add_rows_f32_f64(pointers, factors, names.count, 0, base + start, range.count)
            }
        }
    }
}
