internal import CLinux
public import Domain
internal import Glibc
public import LinearAlgebra

/// How a shard is read, whatever keeps it: page by page, each page checked at its first use.
public protocol ShardReader: RowSource {
    /// What lies where.
    var layout: ShardLayout { get }
}

/// A shard file mapped as it is; one owner, one thread.
///
/// Batches point into the map and nothing is copied, except where values are bytes. What was
/// checked once is not checked again, so memory that goes bad afterwards is not noticed here.
public final class MappedShardReader: ShardReader {
    /// What lies where.
    public let layout: ShardLayout

    private let name: String
    private let base: UnsafeRawPointer
    private let classes: Int
    private var isChecked: [Bool]
    private var uncheckedPages: Int
    private let residency: Residency?
    private let mapping: Residency.Mapping
    private let widened = FloatRoom()

    /// Maps the file, which may be closed afterwards, and checks its header and digests.
    ///
    /// `classes` is the number of classes; labels at or above it count as damage. `name` is for
    /// messages. `residency` bounds how much of the file is mapped in at once; nil leaves it to
    /// the system.
    /// - Throws: `dataCorrupt` where the file is not the one that `hash` names.
    public init(
        descriptor: Int32,
        layout: ShardLayout,
        hash: ContentHash,
        classes: Int,
        name: String,
        residency: Residency? = nil
    ) throws(DatasetError) {
        self.residency = residency
        self.layout = layout
        self.name = name
        self.classes = classes
        isChecked = [Bool](repeating: false, count: layout.pages)
        uncheckedPages = layout.pages
        var isRegular: Int32 = 0
        let size = cl_file_size(descriptor, &isRegular)
        guard size >= 0 else { throw .reading(name, errno) }
        guard size == layout.fileBytes else {
            throw .corrupt(name, "has \(size) bytes instead of \(layout.fileBytes)")
        }
        let memory = mmap(nil, layout.fileBytes, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let memory, memory != MAP_FAILED else { throw .reading(name, errno) }
        base = UnsafeRawPointer(memory)
        mapping = Residency.Mapping(base: memory, bytes: layout.fileBytes)
        let digests = UnsafeRawBufferPointer(start: base + layout.digests, count: 32 * layout.pages)
        guard sha256(digests) == hash.bytes else {
            throw .corrupt(name, "is not the shard \(hash.short)")
        }
        let header = UnsafeRawBufferPointer(start: base, count: layout.header.count)
        guard header.elementsEqual(layout.header) else {
            throw .corrupt(name, "has another header than its shard should")
        }
    }

    deinit {
        residency?.forget(mapping)
        munmap(UnsafeMutableRawPointer(mutating: base), layout.fileBytes)
    }

    /// Number of rows.
    public var rows: Int { layout.rows }
    /// Number of feature columns.
    public var columns: Int { layout.columns }
    /// Whether its batches are sparse.
    public var isSparse: Bool { layout.rowLayout.isSparse }
    /// Whether its labels are real values.
    public var isReal: Bool { layout.labels == .real }
    /// Rows of half of what may be mapped in at once: the next ones come before the last ones go.
    public var windowRows: Int? {
        guard let residency, rows > 0 else { return nil }
        let widened = layout.rowLayout == .bytes ? 4 * columns : 1
        return max(1, residency.bytesMax / 2 / max(widened, layout.fileBytes / rows))
    }

    /// Hands rows to `body` in place, after the pages they lie on have been checked.
    public func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "\(range) of \(rows) rows")
        let labels: Batch.Labels
        do {
            try checkFeatures(range)
            labels = try rowLabels(range)
        } catch {
            throw RowSourceError("\(error)")
        }
        func hand(_ features: Batch.Features) -> Result {
            body(Batch(rows: range.count, columns: columns, features: features, labels: labels))
        }
        if let byteRows { return widened.withRows(range, of: byteRows) { hand(.dense($0)) } }
        let all = Batch(rows: rows, columns: columns, features: features, labels: .none)
        return hand(all.slice(range).features)
    }

    /// Appends rows to `buffer`, after the pages they lie on have been checked.
    public func append(
        _ numbers: ArraySlice<Int32>,
        to buffer: BatchBuffer
    ) throws(RowSourceError) {
        do {
            if !isWhole || residency != nil { try checkRows(numbers) }
        } catch {
            throw RowSourceError("\(error)")
        }
        if let byteRows { return buffer.append(numbers, of: byteRows, labels: labels) }
        let all = Batch(rows: rows, columns: columns, features: features, labels: labels)
        let bad = buffer.append(numbers, of: all, storedValues: layout.values)
        guard bad == nil else {
            throw RowSourceError("\(damage("rows that overlap, or lie beyond its entries"))")
        }
    }

    /// Checks the pages that these rows lie on.
    private func checkRows(_ numbers: ArraySlice<Int32>) throws(DatasetError) {
        for number in numbers {
            let row = Int(number)
            precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
            try checkFeatures(row..<row + 1)
            _ = try rowLabels(row..<row + 1)
        }
    }

    /// All rows where their values are bytes, checked or not.
    private var byteRows: ByteRows? {
        guard layout.rowLayout == .bytes else { return nil }
        let start = (base + layout.features).assumingMemoryBound(to: UInt8.self)
        return ByteRows(rows: rows, columns: columns, base: start, divisor: layout.divisor)
    }

    /// All rows where their values are floats, checked or not.
    private var features: Batch.Features {
        let start = base + layout.features
        guard isSparse else { return .dense(start.assumingMemoryBound(to: Float.self)) }
        return .sparse(
            offsets: start.assumingMemoryBound(to: Int64.self),
            indices: (base + layout.indices).assumingMemoryBound(to: Int32.self),
            values: (base + layout.entries).assumingMemoryBound(to: Float.self)
        )
    }

    private var labels: Batch.Labels {
        let start = base + layout.labelsStart
        return switch layout.labels {
        case .classes: .classes(start.assumingMemoryBound(to: Int32.self))
        case .real: .real(start.assumingMemoryBound(to: Float.self))
        case nil: .none
        }
    }

    private func checkFeatures(_ range: Range<Int>) throws(DatasetError) {
        guard !isSparse else { return try checkSparse(range) }
        let width = layout.rowLayout == .bytes ? columns : 4 * columns
        try check(layout.features + width * range.lowerBound, bytes: width * range.count)
    }

    private func checkSparse(_ range: Range<Int>) throws(DatasetError) {
        try check(layout.features + 8 * range.lowerBound, bytes: 8 * (range.count + 1))
        let offsets = (base + layout.features).assumingMemoryBound(to: Int64.self)
        var previous = offsets[range.lowerBound]
        let first = previous
        for row in range {
            guard offsets[row + 1] >= previous else { throw damage("rows that overlap") }
            previous = offsets[row + 1]
        }
        guard first >= 0, previous <= Int64(layout.values) else {
            throw damage("rows beyond its entries")
        }
        let count = Int(previous - first)
        try check(layout.indices + 4 * Int(first), bytes: 4 * count)
        try check(layout.entries + 4 * Int(first), bytes: 4 * count)
    }

    private func rowLabels(_ range: Range<Int>) throws(DatasetError) -> Batch.Labels {
        guard let type = layout.labels else { return .none }
        let start = layout.labelsStart + 4 * range.lowerBound
        try check(start, bytes: 4 * range.count)
        return switch type {
        case .classes: .classes((base + start).assumingMemoryBound(to: Int32.self))
        case .real: .real((base + start).assumingMemoryBound(to: Float.self))
        }
    }

    private func check(_ start: Int, bytes: Int) throws(DatasetError) {
        guard bytes > 0 else { return }
        residency?.touch(mapping, start..<start + bytes)
        let first = start / ShardLayout.pageBytes
        let last = (start + bytes - 1) / ShardLayout.pageBytes
        for page in first...last where !isChecked[page] {
            try checkPage(page)
            isChecked[page] = true
            uncheckedPages -= 1
        }
    }

    /// Whether every page has been checked.
    private var isWhole: Bool { uncheckedPages == 0 }

    private func checkPage(_ page: Int) throws(DatasetError) {
        let start = page * ShardLayout.pageBytes
        let end = min(start + ShardLayout.pageBytes, layout.digests)
        let bytes = UnsafeRawBufferPointer(start: base + start, count: end - start)
        let stated = UnsafeRawBufferPointer(start: base + layout.digests + 32 * page, count: 32)
        guard stated.elementsEqual(sha256(bytes)) else { throw .corruptPage(name, page) }
        // The hash proves who wrote it, not that it makes sense: a number out of range would have
        // the arithmetic reach into other memory.
        if isSparse {
            try checkNumbers(layout.indices, count: layout.values, in: start..<end, below: columns)
        }
        if layout.labels == .classes {
            try checkNumbers(layout.labelsStart, count: rows, in: start..<end, below: classes)
        }
    }

    /// Checks those Int32 of a tensor that lie in `page`.
    private func checkNumbers(
        _ tensor: Int,
        count: Int,
        in page: Range<Int>,
        below limit: Int
    ) throws(DatasetError) {
        let part = page.clamped(to: tensor..<tensor + 4 * count)
        let numbers = (base + part.lowerBound).assumingMemoryBound(to: Int32.self)
        for i in 0..<part.count / 4 {
            guard numbers[i] >= 0, Int(numbers[i]) < limit else {
                throw damage("the number \(numbers[i]) where \(limit) are possible")
            }
        }
    }

    private func damage(_ what: String) -> DatasetError {
        .corrupt(name, "has \(what)")
    }
}

/// Room in which bytes become floats; one of its own for each look inside another.
private final class FloatRoom {
    private var free: [UnsafeMutableBufferPointer<Float>] = []

    deinit { for room in free { room.deallocate() } }

    func withRows<Result>(
        _ range: Range<Int>,
        of rows: ByteRows,
        _ body: (UnsafePointer<Float>) -> Result
    ) -> Result {
        var room = free.popLast() ?? .allocate(capacity: 1)
        if room.count < range.count * rows.columns {
            room.deallocate()
            room = .allocate(capacity: range.count * rows.columns)
        }
        defer { free.append(room) }
        guard let base = room.baseAddress else { preconditionFailure("no memory") }
        rows.write(range, to: base)
        return body(UnsafePointer(base))
    }
}
