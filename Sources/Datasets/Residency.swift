internal import Glibc

/// Keeps how much of mapped files is in this process's memory below a bound.
///
/// The kernel counts every page of a file that a process has looked at as that process's memory,
/// until somebody else needs it; a shard larger than the limit would soon count in full. What was
/// looked at first is therefore given back first. It stays in the kernel's cache while there is
/// room, so looking again costs a map and no read. One owner, one thread.
public final class Residency {
    /// Bytes that are mapped in at once, at most.
    public let bytesMax: Int

    /// Bytes that come and go together: long enough that a system call for each costs little.
    static let blockBytes = 256 << 10

    /// One mapped file.
    final class Mapping {
        let base: UnsafeMutableRawPointer
        let bytes: Int
        fileprivate var isIn: [Bool]

        init(base: UnsafeMutableRawPointer, bytes: Int) {
            self.base = base
            self.bytes = bytes
            isIn = [Bool](repeating: false, count: (bytes + blockBytes - 1) / blockBytes)
        }
    }

    private struct Block {
        let mapping: Mapping
        let index: Int
    }

    // What is mapped in, as a ring: the oldest at `oldest`.
    private var blocks: [Block] = []
    private var oldest = 0
    private let blocksMax: Int

    /// A bound; at least 4 MiB, for a few blocks of each tensor must fit.
    public init(bytesMax: Int) {
        blocksMax = max(4 << 20, bytesMax) / Self.blockBytes
        self.bytesMax = blocksMax * Self.blockBytes
    }

    /// What a limit on a process's memory leaves for mapped files of `fileBytes` in all; nil where
    /// they may as well be mapped in as they are.
    ///
    /// A quarter of the limit where they would take more than half; the rest is for parameters,
    /// batches and the program.
    public convenience init?(limit: Int, fileBytes: Int) {
        guard fileBytes > limit / 2 else { return nil }
        self.init(bytesMax: limit / 4)
    }

    /// Says that these bytes of a file are about to be read.
    @inline(__always)
    func touch(_ mapping: Mapping, _ bytes: Range<Int>) {
        let first = bytes.lowerBound / Self.blockBytes
        let last = (bytes.upperBound - 1) / Self.blockBytes
        for index in first...last where !mapping.isIn[index] { admit(mapping, index) }
    }

    @inline(never)
    private func admit(_ mapping: Mapping, _ index: Int) {
        mapping.isIn[index] = true
        advise(mapping, index, MADV_POPULATE_READ)
        // Whoever reads on finds the next block read already.
        if index > 0, mapping.isIn[index - 1] { advise(mapping, index + 1, MADV_WILLNEED) }
        guard blocks.count == blocksMax else {
            blocks.append(Block(mapping: mapping, index: index))
            return
        }
        let gone = blocks[oldest]
        gone.mapping.isIn[gone.index] = false
        advise(gone.mapping, gone.index, MADV_DONTNEED)
        blocks[oldest] = Block(mapping: mapping, index: index)
        oldest = (oldest + 1) % blocksMax
    }

    /// Advice that is not taken changes nothing but time: its errors do not matter.
    private func advise(_ mapping: Mapping, _ index: Int, _ advice: Int32) {
        let start = index * Self.blockBytes
        guard start < mapping.bytes else { return }
        madvise(mapping.base + start, min(Self.blockBytes, mapping.bytes - start), advice)
    }

    /// Forgets a file that is about to be unmapped.
    func forget(_ mapping: Mapping) {
        blocks = (blocks[oldest...] + blocks[..<oldest]).filter { $0.mapping !== mapping }
        oldest = 0
    }
}
