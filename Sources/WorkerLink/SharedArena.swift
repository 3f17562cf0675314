/// Deals out the shared memory from its beginning; nothing is given back.
///
/// It is the worker's to divide: the daemon only checks that a range lies inside.
public final class SharedArena {
    /// The memory that is dealt out.
    public let memory: SharedMemory
    private var usedBytes = 0

    /// An arena over memory of which nothing is used yet.
    public init(_ memory: SharedMemory) { self.memory = memory }

    /// The next range, aligned for the widest instructions.
    /// - Throws: `.outOfRange` when the memory is used up.
    public func take(_ count: Int, of element: SharedElement) throws(WorkerError) -> SharedRange {
        precondition(count >= 0, "a range of \(count) elements")
        let range = try memory.range(
            offset: UInt64(usedBytes),
            count: UInt64(count),
            of: element
        )
        usedBytes = min(memory.byteCount, alignedBytes(usedBytes + range.byteCount))
        return range
    }
}

/// Rounded up to a cache line.
func alignedBytes(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
