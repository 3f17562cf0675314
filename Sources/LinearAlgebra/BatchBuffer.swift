import CKernels

/// Room for rows that are gathered from several places, handed out as one `Batch`.
///
/// Its memory grows to the largest batch it has held and is used again.
public final class BatchBuffer {
    private let columns: Int
    private let isSparse: Bool
    private let isReal: Bool
    /// Dense rows, or the values of sparse ones.
    private var values = Room<Float>()
    private var offsets = Room<Int64>()
    private var indices = Room<Int32>()
    private var classes = Room<Int32>()
    private var reals = Room<Float>()
    private var rows = 0

    /// A buffer for rows of `columns` features.
    ///
    /// One that is not sparse takes sparse rows too, with their zeros.
    public init(columns: Int, isSparse: Bool, isReal: Bool) {
        self.columns = columns
        self.isSparse = isSparse
        self.isReal = isReal
        clear()
    }

    /// Forgets all rows.
    public func clear() {
        rows = 0
        values.count = 0
        offsets.count = 0
        indices.count = 0
        classes.count = 0
        reals.count = 0
        offsets.append(0)
    }

    /// Appends row `index` of `batch`.
    ///
    /// - Precondition: the columns are this buffer's, and a dense row comes to a dense buffer.
    public func append(row index: Int, of batch: Batch) {
        precondition(batch.columns == columns, "\(batch.columns) columns into \(columns)")
        switch batch.features {
        case .dense(let base):
            precondition(!isSparse, "a dense row into a sparse buffer")
            values.append(base + index * columns, count: columns)
        case .sparse(let starts, let columnIndices, let entries):
            let start = Int(starts[index])
            let count = Int(starts[index + 1]) - start
            if isSparse {
                indices.append(columnIndices + start, count: count)
                values.append(entries + start, count: count)
                offsets.append(Int64(indices.count))
            } else {
                let row = values.appendZeros(columns)
                for entry in start..<start + count {
                    row[Int(columnIndices[entry])] = entries[entry]
                }
            }
        }
        switch batch.labels {
        case .classes(let base): classes.append(base[index])
        case .real(let base): reals.append(base[index])
        case .none: break
        }
        rows += 1
    }

    /// Appends the rows of `batch` with these numbers, in this order.
    ///
    /// `storedValues` is how many entries lie behind the offsets of a sparse batch, which are not
    /// trusted.
    /// - Returns: the first row whose entries do not lie there, nil where all do; then nothing
    ///   has been appended.
    /// - Precondition: the numbers are rows of `batch`, and its form is this buffer's.
    public func append(
        _ numbers: ArraySlice<Int32>,
        of batch: Batch,
        storedValues: Int
    ) -> Int? {
        precondition(batch.columns == columns, "\(batch.columns) columns into \(columns)")
        var total = 0
        for number in numbers {
            let row = Int(number)
            precondition(row >= 0 && row < batch.rows, "row \(row) of \(batch.rows)")
            guard case .sparse(let offsets, _, _) = batch.features else { continue }
            let (low, high) = (offsets[row], offsets[row + 1])
            guard low >= 0, low <= high, high <= storedValues else { return row }
            total += Int(high - low)
        }
        switch batch.features {
        case .sparse(let offsets, let columnIndices, let entries) where isSparse:
            append(numbers, total, offsets, columnIndices, entries)
            append(labels: batch.labels, of: numbers)
            rows += numbers.count
        default:
            for number in numbers { append(row: Int(number), of: batch) }
        }
        return nil
    }

    /// Appends the rows with these numbers, in this order; `labels` are those of all rows.
    ///
    /// - Precondition: the numbers are rows of `bytes`, and this buffer is not sparse.
    public func append(_ numbers: ArraySlice<Int32>, of bytes: ByteRows, labels: Batch.Labels) {
        precondition(!isSparse && bytes.columns == columns, "bytes into \(columns) columns")
        bytes.write(numbers, to: values.appendRoom(numbers.count * columns))
        append(labels: labels, of: numbers)
        rows += numbers.count
    }

    private func append(
        _ numbers: ArraySlice<Int32>,
        _ total: Int,
        _ starts: UnsafePointer<Int64>,
        _ columnIndices: UnsafePointer<Int32>,
        _ entries: UnsafePointer<Float>
    ) {
        let held = Int64(indices.count)
        let (index, value) = (indices.appendRoom(total), values.appendRoom(total))
        let ends = offsets.appendRoom(numbers.count)
        numbers.withUnsafeBufferPointer { numbers in
            let (first, count) = (numbers.baseAddress, numbers.count)
            ck_gather_sparse_f32(
                first,
                count,
                starts,
                columnIndices,
                entries,
                held,
                index,
                value,
                ends
            )
        }
    }

    private func append(labels: Batch.Labels, of numbers: ArraySlice<Int32>) {
        switch labels {
        case .classes(let base):
            let target = classes.appendRoom(numbers.count)
            for (place, number) in numbers.enumerated() { target[place] = base[Int(number)] }
        case .real(let base):
            let target = reals.appendRoom(numbers.count)
            for (place, number) in numbers.enumerated() { target[place] = base[Int(number)] }
        case .none: break
        }
    }

    /// Replaces every value x of column j by (x − centers[j]) · factors[j].
    ///
    /// Shapes: `centers`, `factors` (columns). Sparse values are multiplied only.
    public func scale(centers: [Float], factors: [Float]) {
        precondition(centers.count == columns && factors.count == columns, "\(factors.count)")
        guard isSparse else {
            return ck_scale_rows_f32(values.base, rows, centers, factors, columns)
        }
        ck_scale_entries_f32(values.base, indices.base, indices.count, factors)
    }

    /// Replaces every real label y by (y − center) · factor; classes stay.
    public func scaleLabels(center: Double, factor: Double) {
        for row in 0..<reals.count {
            reals.base[row] = Float((Double(reals.base[row]) - center) * factor)
        }
    }

    /// Hands all rows to `body`.
    public func withBatch<Result, Failure: Error>(
        _ body: (Batch) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let features: Batch.Features =
            isSparse
            ? .sparse(
                offsets: UnsafePointer(offsets.base),
                indices: UnsafePointer(indices.base),
                values: UnsafePointer(values.base)
            ) : .dense(UnsafePointer(values.base))
        let isLabelled = rows == 0 || classes.count + reals.count > 0
        let labels: Batch.Labels =
            !isLabelled
            ? .none
            : isReal ? .real(UnsafePointer(reals.base)) : .classes(UnsafePointer(classes.base))
        return try body(Batch(rows: rows, columns: columns, features: features, labels: labels))
    }
}

/// Elements side by side, as many as have been appended.
private struct Room<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element> = .allocate(capacity: 16)
    private var capacity = 16
    var count = 0

    deinit { base.deallocate() }

    mutating func append(_ element: Element) {
        reserve(1)
        base[count] = element
        count += 1
    }

    mutating func append(_ elements: UnsafePointer<Element>, count added: Int) {
        reserve(added)
        (base + count).update(from: elements, count: added)
        count += added
    }

    /// Makes room for more, which the caller fills; returns where it lies until the next append.
    mutating func appendRoom(_ added: Int) -> UnsafeMutablePointer<Element> {
        reserve(added)
        defer { count += added }
        return base + count
    }

    private mutating func reserve(_ added: Int) {
        guard count + added > capacity else { return }
        let larger = Swift.max(2 * capacity, count + added)
        let fresh = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        fresh.update(from: base, count: count)
        base.deallocate()
        (base, capacity) = (fresh, larger)
    }
}

extension Room where Element == Float {
    /// Appends zeros and returns where they lie until something else is appended.
    mutating func appendZeros(_ added: Int) -> UnsafeMutablePointer<Float> {
        let start = appendRoom(added)
        start.update(repeating: 0, count: added)
        return start
    }
}
