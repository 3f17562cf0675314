public import Domain
internal import Transport

extension Ring where L: ~Copyable {
    /// The slice of a (count) vector that this rank owns.
    public func chunk(count: Int) -> Range<Int> {
        Collectives.chunk(ofRank: rank.index, worldSize: worldSize, count: count)
    }

    /// Reduces `values` elementwise over all ranks, in place; blocks.
    ///
    /// All ranks return holding identical bits, and the same bits every time: chunk c is added in
    /// the order of ranks c + 1, c + 2, …, c. Each rank sends 2(N−1)/N of the vector's bytes in
    /// 2(N−1) steps, N being the world size. A short vector goes around whole instead, N−1 times
    /// its bytes in N−1 steps, and every rank adds for itself, in the same order to the same bits:
    /// what costs there is waking the next rank, not the bytes.
    ///
    /// Shapes: `values` (n), n the same on every rank; n may be 0 or less than N.
    /// Source: Patarasuk & Yuan, J. Parallel Distrib. Comput. 69(2), 2009.
    /// - Throws: `CollectiveError`; `values` is then garbage.
    public mutating func allReduce<E: RingElement>(
        _ values: inout MutableSpan<E>,
        _ reduction: Reduction = .sum
    ) throws(CollectiveError) {
        let bytes = values.count * MemoryLayout<E>.size
        if goesWhole(bytes) { return try reduceWhole(&values, reduction) }
        try circulate(&values, .allReduce, reduction, steps: 0..<2 * worldSize - 2)
    }

    /// Bytes that one rank sends in an all-reduce of `byteCount` bytes, without heads of frames.
    public func allReduceBytes(_ byteCount: Int) -> Int {
        goesWhole(byteCount)
            ? (worldSize - 1) * byteCount : 2 * (worldSize - 1) * byteCount / worldSize
    }

    private func goesWhole(_ byteCount: Int) -> Bool {
        sendsWhole && worldSize * byteCount <= Self.wholeBytesMax
    }

    /// Vectors of all ranks together up to which each goes around whole: at world size 3 and 4 that
    /// is as fast up to 64 KiB a rank, at 128 KiB half as fast again.
    private static var wholeBytesMax: Int { 256 << 10 }

    private mutating func reduceWhole<E: RingElement>(
        _ values: inout MutableSpan<E>,
        _ reduction: Reduction
    ) throws(CollectiveError) {
        let count = values.count
        let bytes = count * MemoryLayout<E>.size
        var own = values.mutableBytes
        let slots = (0..<worldSize).map { $0 * bytes..<($0 + 1) * bytes }
        // Eight-byte words, so that every slot is aligned for its elements.
        var room = [UInt64](repeating: 0, count: (worldSize * bytes + 7) / 8)
        var words = room.mutableSpan
        var memory = words.mutableBytes
        copy(own.bytes, to: &memory, at: slots[rank.index].lowerBound)
        let call = CollectiveCall(
            operation: .allReduceWhole,
            reduction: reduction,
            element: E.elementKind,
            count: count
        )
        try run(call, on: &memory, allGathering(slots))
        for (owner, chunk) in byteChunks(of: E.self, count: count).enumerated() {
            for step in 1...worldSize {
                let start = slots[(owner + step) % worldSize].lowerBound + chunk.lowerBound
                let incoming = memory.bytes.extracting(start..<start + chunk.count)
                var target = own._mutatingExtracting(chunk)
                if step == 1 {
                    copy(incoming, to: &target, at: 0)
                } else {
                    reduce(incoming, into: &target, element: E.elementKind, by: reduction)
                }
            }
        }
    }

    private func byteChunks<E: RingElement>(of type: E.Type, count: Int) -> [Range<Int>] {
        let size = MemoryLayout<E>.size
        return (0..<worldSize).map { rank in
            let slice = Collectives.chunk(ofRank: rank, worldSize: worldSize, count: count)
            return slice.lowerBound * size..<slice.upperBound * size
        }
    }

    /// Reduces `values` elementwise, each rank getting the chunk it owns; blocks.
    ///
    /// Outside that chunk `values` holds partial sums afterwards.
    ///
    /// Shapes: `values` (n), n the same on every rank.
    /// - Returns: the slice that is complete, the same as `chunk(count: n)`.
    /// - Throws: `CollectiveError`; `values` is then garbage.
    @discardableResult
    public mutating func reduceScatter<E: RingElement>(
        _ values: inout MutableSpan<E>,
        _ reduction: Reduction = .sum
    ) throws(CollectiveError) -> Range<Int> {
        try circulate(&values, .reduceScatter, reduction, steps: 0..<worldSize - 1)
        return chunk(count: values.count)
    }

    /// Gives every rank all chunks, of which it brings the one it owns; blocks.
    ///
    /// Shapes: `values` (n), n the same on every rank; only `chunk(count: n)` is read.
    /// - Throws: `CollectiveError`; `values` is then garbage.
    public mutating func allGather<E: RingElement>(
        _ values: inout MutableSpan<E>
    ) throws(CollectiveError) {
        try circulate(&values, .allGather, nil, steps: worldSize - 1..<2 * worldSize - 2)
    }

    /// Gives every rank the values of `root`; blocks.
    ///
    /// Shapes: `values` (n), n the same on every rank.
    /// - Throws: `CollectiveError`; `values` is then garbage.
    /// - Precondition: `root` is a seat of this ring.
    public mutating func broadcast<E: RingElement>(
        _ values: inout MutableSpan<E>,
        from root: Rank
    ) throws(CollectiveError) {
        let count = values.count
        var memory = values.mutableBytes
        try broadcast(&memory, .broadcast, of: count, E.elementKind, from: root)
    }

    /// Returns once every rank has called it; blocks.
    public mutating func barrier() throws(CollectiveError) {
        // One byte of each rank reaches all others, which it cannot before that rank came.
        var presence = [UInt8](repeating: 0, count: worldSize)
        var elements = presence.mutableSpan
        var memory = elements.mutableBytes
        let call = CollectiveCall(operation: .barrier, element: .byte, count: 0)
        let chunks = (0..<worldSize).map { $0..<$0 + 1 }
        try run(call, on: &memory, allGathering(chunks))
    }

    /// Carries `count` elements of `memory` from `root` to everybody.
    mutating func broadcast(
        _ memory: inout MutableRawSpan,
        _ operation: CollectiveHeader.Operation,
        of count: Int,
        _ element: ElementKind,
        from root: Rank
    ) throws(CollectiveError) {
        precondition(root.index < worldSize, "\(root) outside a world of \(worldSize)")
        let call = CollectiveCall(
            operation: operation,
            element: element,
            count: count,
            root: root
        )
        let pipeline = Pipeline.broadcast(
            rank: rank.index,
            worldSize: worldSize,
            root: root.index,
            bytes: memory.byteCount
        )
        try run(call, on: &memory, pipeline)
    }

    /// The all-gather of chunks that lie at `chunks`, in bytes.
    func allGathering(_ chunks: [Range<Int>]) -> Pipeline {
        .ring(rank: rank.index, chunks: chunks, steps: worldSize - 1..<2 * worldSize - 2)
    }

    private mutating func circulate<E: RingElement>(
        _ values: inout MutableSpan<E>,
        _ operation: CollectiveHeader.Operation,
        _ reduction: Reduction?,
        steps: Range<Int>
    ) throws(CollectiveError) {
        let count = values.count
        let chunks = byteChunks(of: E.self, count: count)
        var memory = values.mutableBytes
        let call = CollectiveCall(
            operation: operation,
            reduction: reduction,
            element: E.elementKind,
            count: count
        )
        try run(call, on: &memory, .ring(rank: rank.index, chunks: chunks, steps: steps))
    }
}

private func copy(_ source: RawSpan, to target: inout MutableRawSpan, at offset: Int) {
    source.withUnsafeBytes { bytes in
        target.withUnsafeMutableBytes { room in
            UnsafeMutableRawBufferPointer(rebasing: room[offset..<offset + bytes.count])
                .copyMemory(from: bytes)
        }
    }
}
