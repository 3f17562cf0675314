public import Learning
public import LinearAlgebra

/// Sums over all ranks by way of the daemon's ring, which works on the shared memory itself.
///
/// Vectors made here lie in that memory and are summed where they are; whatever lies elsewhere is
/// carried through a scratch range, piece by piece.
public final class WorkerReducer: Reducer {
    /// This rank's number, from 0.
    public let rank: Int
    /// How many take part.
    public let worldSize: Int

    private let channel: WorkerChannel
    private let arena: SharedArena
    private let scratch: SharedRange

    /// Bytes that the shared memory needs for vectors of these lengths.
    public static func sharedBytes(vectors counts: [Int]) -> Int {
        counts.reduce(scratchBytes) { $0 + alignedBytes($1 * MemoryLayout<Float>.stride) }
    }

    /// A reducer for one seat, which takes its ranges from `arena`.
    public init(
        rank: Int,
        worldSize: Int,
        channel: WorkerChannel,
        arena: SharedArena
    ) throws(WorkerError) {
        self.rank = rank
        self.worldSize = worldSize
        self.channel = channel
        self.arena = arena
        let doubles = scratchBytes / SharedElement.float64.byteCount
        scratch = try arena.take(doubles, of: .float64)
    }

    private var memory: SharedMemory { arena.memory }

    /// A vector of zeros in the shared memory; its place is not used again.
    public func makeVector(count: Int) throws(ReducerError) -> Vector {
        try reporting { () throws(WorkerError) in
            let range = try arena.take(count, of: .float32)
            let start = memory.pointer(to: range, as: Float.self)
            let elements = UnsafeMutableBufferPointer(start: start, count: count)
            elements.update(repeating: 0)
            return Vector(borrowing: elements)
        }
    }

    /// Where a vector of `makeVector` lies; nil for any other.
    public func range(of vector: borrowing Vector) -> SharedRange? {
        guard let start = vector.buffer.baseAddress, let offset = memory.offset(of: start) else {
            return nil
        }
        return try? memory.range(offset: UInt64(offset), count: UInt64(vector.count), of: .float32)
    }

    /// Sums elementwise over all ranks, in place.
    public func sum(_ vector: inout Vector) throws(ReducerError) {
        if let range = range(of: vector) {
            return try reporting { () throws(WorkerError) in try reduce(range, .sum) }
        }
        try carry(vector.buffer, as: .float32, .sum)
    }

    /// Sums elementwise over all ranks, in place.
    public func sum(_ values: inout [Double]) throws(ReducerError) {
        try carry(&values, .sum)
    }

    /// The largest of each element over all ranks, in place.
    public func max(_ values: inout [Double]) throws(ReducerError) {
        try carry(&values, .max)
    }

    private func carry(
        _ values: inout [Double],
        _ operation: ReduceOperation
    ) throws(ReducerError) {
        try values.withUnsafeMutableBufferPointer { elements throws(ReducerError) in
            try carry(elements, as: .float64, operation)
        }
    }

    /// Reduces elements that lie elsewhere, as many at a time as the scratch range holds.
    private func carry<Element: BitwiseCopyable>(
        _ elements: UnsafeMutableBufferPointer<Element>,
        as element: SharedElement,
        _ operation: ReduceOperation
    ) throws(ReducerError) {
        let room = scratch.byteCount / element.byteCount
        var start = 0
        while start < elements.count {
            let piece = UnsafeMutableBufferPointer(
                rebasing: elements[start..<min(start + room, elements.count)]
            )
            try reporting { () throws(WorkerError) in
                let range = try memory.range(
                    offset: UInt64(scratch.byteOffset),
                    count: UInt64(piece.count),
                    of: element
                )
                let shared = UnsafeMutableBufferPointer(
                    start: memory.pointer(to: range, as: Element.self),
                    count: piece.count
                )
                _ = shared.update(fromContentsOf: piece)
                try reduce(range, operation)
                _ = piece.update(fromContentsOf: shared)
            }
            start += piece.count
        }
    }

    private func reduce(_ range: SharedRange, _ operation: ReduceOperation) throws(WorkerError) {
        memory.tick()
        try channel.finishReduce(try channel.beginReduce(range, operation))
        memory.tick()
    }

    private func reporting<Result: ~Copyable>(
        _ body: () throws(WorkerError) -> Result
    ) throws(ReducerError) -> Result {
        do { return try body() } catch { throw ReducerError("\(error)") }
    }
}

private let scratchBytes = 64 << 10
