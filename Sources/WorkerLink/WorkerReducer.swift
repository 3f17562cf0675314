public import Learning
public import LinearAlgebra
internal import Transport

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
    /// Room for a piece of every rank's bytes, made at the first gathering.
    private var gatherRoom: SharedRange?
    /// How often this rank has waited for the others, and for how many seconds in all.
    public private(set) var waiting: (count: Int, seconds: Double) = (0, 0)

    /// Bytes that the shared memory needs for vectors of these lengths.
    public static func sharedBytes(vectors counts: [Int]) -> Int {
        counts.reduce(scratchBytes) { $0 + alignedBytes($1 * MemoryLayout<Float>.stride) }
    }

    /// A reducer for one seat, which takes its ranges from `arena`.
    ///
    /// `carriedBytes` is what is carried through the scratch range at once, the same on all ranks:
    /// sums that are longer travel in pieces, and each piece is a wait.
    public init(
        rank: Int,
        worldSize: Int,
        channel: WorkerChannel,
        arena: SharedArena,
        carriedBytes: Int = 0
    ) throws(WorkerError) {
        self.rank = rank
        self.worldSize = worldSize
        self.channel = channel
        self.arena = arena
        let bytes = Swift.max(scratchBytes, carriedBytes)
        scratch = try arena.take(bytes / SharedElement.float64.byteCount, of: .float64)
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

    /// Begins to sum some elements of a vector of `makeVector`; the caller computes on meanwhile.
    public func beginSum(
        _ vector: borrowing Vector,
        _ elements: Range<Int>
    ) throws(ReducerError) -> Int {
        guard let whole = range(of: vector) else {
            throw ReducerError("a sum was begun over memory that the ring cannot see")
        }
        precondition(
            elements.lowerBound >= 0 && elements.upperBound <= whole.count,
            "elements \(elements) of \(whole.count)"
        )
        return try reporting { () throws(WorkerError) in
            let width = SharedElement.float32.byteCount
            let part = try memory.range(
                offset: UInt64(whole.byteOffset + elements.lowerBound * width),
                count: UInt64(elements.count),
                of: .float32
            )
            return Int(try channel.beginReduce(part, .sum))
        }
    }

    /// Waits until the elements hold the sums.
    public func finishSum(_ token: Int) throws(ReducerError) {
        try reporting { () throws(WorkerError) in
            try wait { () throws(WorkerError) in
                try channel.finishReduce(UInt32(truncatingIfNeeded: token))
            }
        }
    }

    /// The bytes of every rank, in rank order; they travel in pieces.
    public func gather(_ bytes: [UInt8]) throws(ReducerError) -> [[UInt8]] {
        var lengths = [Double](repeating: 0, count: worldSize)
        lengths[rank] = Double(bytes.count)
        try sum(&lengths)
        // They come from other nodes.
        let counts = lengths.compactMap { Int(whole: $0) }
        guard counts.count == worldSize else {
            throw ReducerError("the ranks tell of \(lengths) bytes to gather")
        }
        var all = [[UInt8]](repeating: [], count: worldSize)
        let rounds = ((counts.max() ?? 0) + pieceBytes - 1) / pieceBytes
        for round in 0..<rounds {
            let low = Swift.min(bytes.count, round * pieceBytes)
            let high = Swift.min(bytes.count, low + pieceBytes)
            try reporting { () throws(WorkerError) in
                for (rank, piece) in try gather(piece: bytes[low..<high]).enumerated() {
                    all[rank].append(contentsOf: piece)
                }
            }
        }
        guard zip(all, lengths).allSatisfy({ Double($0.count) == $1 }) else {
            throw ReducerError("the ranks disagree on what they gather")
        }
        return all
    }

    private func gather(piece: ArraySlice<UInt8>) throws(WorkerError) -> [[UInt8]] {
        let room: SharedRange
        if let made = gatherRoom {
            room = made
        } else {
            room = try arena.take(worldSize * pieceBytes, of: .byte)
        }
        gatherRoom = room
        let start = memory.pointer(to: room, as: UInt8.self)
        let place = UnsafeMutableBufferPointer(start: start, count: room.count)
        _ = place.update(fromContentsOf: piece)
        var lengths: [Int] = []
        try wait { () throws(WorkerError) in
            lengths = try channel.gather(room, ownBytes: piece.count)
        }
        guard lengths.count == worldSize, lengths.reduce(0, +) <= room.count else {
            throw .unexpected(message: "lengths \(lengths)")
        }
        var pieces: [[UInt8]] = []
        var offset = 0
        for length in lengths {
            pieces.append(Array(place[offset..<offset + length]))
            offset += length
        }
        return pieces
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
        let id = try channel.beginReduce(range, operation)
        try wait { () throws(WorkerError) in try channel.finishReduce(id) }
    }

    /// Runs `body`, which waits for the others, and counts how long that takes.
    private func wait(_ body: () throws(WorkerError) -> Void) throws(WorkerError) {
        memory.tick()
        let start = monotonicNanoseconds()
        try body()
        waiting.count += 1
        waiting.seconds += Double(monotonicNanoseconds() - start) * 1e-9
        memory.tick()
    }

    private func reporting<Result: ~Copyable>(
        _ body: () throws(WorkerError) -> Result
    ) throws(ReducerError) -> Result {
        do { return try body() } catch { throw ReducerError("\(error)") }
    }
}

/// Enough that the packed second derivatives of 125 columns go in one piece.
private let scratchBytes = 72 << 10

/// Bytes of each rank that travel at once.
private let pieceBytes = 256 << 10
