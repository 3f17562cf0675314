public import Domain
internal import Transport

extension Ring where L: ~Copyable {
    /// Gives every rank the byte strings of all ranks, which may differ in length; blocks.
    ///
    /// The lengths go around first, so that nobody sets aside more than `limit` bytes.
    /// - Returns: one string for each rank, in rank order.
    /// - Throws: `.tooLong`, or what another rank says of it, if together they exceed `limit`.
    public mutating func allGather(
        bytes: [UInt8],
        limit: Int
    ) throws(CollectiveError) -> [[UInt8]] {
        var lengths = [Int64](repeating: 0, count: worldSize)
        lengths[rank.index] = Int64(bytes.count)
        try gatherLengths(&lengths)
        let chunks = try layout(lengths, limit: limit)
        let total = chunks.last?.upperBound ?? 0

        var gathered = [UInt8](repeating: 0, count: total)
        gathered.replaceSubrange(chunks[rank.index], with: bytes)
        var elements = gathered.mutableSpan
        var memory = elements.mutableBytes
        let call = CollectiveCall(operation: .allGather, element: .byte, count: total)
        try run(call, on: &memory, allGathering(chunks))
        return chunks.map { Array(gathered[$0]) }
    }

    /// Gives every rank the byte string of `root`; blocks.
    ///
    /// What other ranks than `root` pass as `bytes` is ignored.
    /// - Returns: the string of `root`.
    /// - Throws: `.tooLong`, or what another rank says of the same, if it exceeds `limit`.
    public mutating func broadcast(
        bytes: [UInt8],
        from root: Rank,
        limit: Int
    ) throws(CollectiveError) -> [UInt8] {
        let isRoot = rank == root
        var length = [Int64(isRoot ? bytes.count : 0)]
        var lengthElements = length.mutableSpan
        var lengthMemory = lengthElements.mutableBytes
        try broadcast(&lengthMemory, .broadcastLength, of: 1, .int64, from: root)
        guard let count = Int(exactly: length[0]), (0...limit).contains(count) else {
            let claimed = UInt64(bitPattern: length[0])
            throw fail(.tooLong(rank: root, bytes: claimed, limit: limit))
        }

        var received = isRoot ? bytes : [UInt8](repeating: 0, count: count)
        var elements = received.mutableSpan
        var memory = elements.mutableBytes
        try broadcast(&memory, .broadcast, of: count, .byte, from: root)
        return received
    }

    private mutating func gatherLengths(_ lengths: inout [Int64]) throws(CollectiveError) {
        let size = MemoryLayout<Int64>.size
        let chunks = (0..<worldSize).map { $0 * size..<($0 + 1) * size }
        let call = CollectiveCall(operation: .gatherLengths, element: .int64, count: worldSize)
        var elements = lengths.mutableSpan
        var memory = elements.mutableBytes
        try run(call, on: &memory, allGathering(chunks))
    }

    /// Where each rank's string lies when all are put one after the other.
    private mutating func layout(
        _ lengths: [Int64],
        limit: Int
    ) throws(CollectiveError) -> [Range<Int>] {
        var chunks: [Range<Int>] = []
        var end = 0
        for (index, length) in lengths.enumerated() {
            guard length >= 0, length <= Int64(limit - end) else {
                let claimed = UInt64(bitPattern: length)
                throw fail(.tooLong(rank: Rank(index), bytes: claimed, limit: limit))
            }
            chunks.append(end..<end + Int(length))
            end += Int(length)
        }
        return chunks
    }
}
