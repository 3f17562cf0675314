import CKernels

/// Room for rows that are gathered from several places, handed out as one `Batch`.
///
/// Its memory grows to the largest batch it has held and is used again.
public final class BatchBuffer {
    private let columns: Int
    private let isSparse: Bool
    private let isReal: Bool
    private var dense: [Float] = []
    private var offsets: [Int64] = [0]
    private var indices: [Int32] = []
    private var values: [Float] = []
    private var classes: [Int32] = []
    private var reals: [Float] = []
    private var rows = 0

    /// A buffer for rows of `columns` features.
    public init(columns: Int, isSparse: Bool, isReal: Bool) {
        self.columns = columns
        self.isSparse = isSparse
        self.isReal = isReal
    }

    /// Forgets all rows.
    public func clear() {
        rows = 0
        dense.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
        indices.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        classes.removeAll(keepingCapacity: true)
        reals.removeAll(keepingCapacity: true)
    }

    /// Appends row `index` of `batch`, whose form is this buffer's.
    public func append(row index: Int, of batch: Batch) {
        precondition(batch.columns == columns, "\(batch.columns) columns into \(columns)")
        switch batch.features {
        case .dense(let base):
            precondition(!isSparse, "a dense row into a sparse buffer")
            dense.append(
                contentsOf: UnsafeBufferPointer(start: base + index * columns, count: columns)
            )
        case .sparse(let starts, let columnIndices, let entries):
            precondition(isSparse, "a sparse row into a dense buffer")
            let start = Int(starts[index])
            let count = Int(starts[index + 1]) - start
            indices.append(
                contentsOf: UnsafeBufferPointer(start: columnIndices + start, count: count)
            )
            values.append(contentsOf: UnsafeBufferPointer(start: entries + start, count: count))
            offsets.append(Int64(indices.count))
        }
        switch batch.labels {
        case .classes(let base): classes.append(base[index])
        case .real(let base): reals.append(base[index])
        case .none: break
        }
        rows += 1
    }

    /// Replaces every value x of column j by (x − centers[j]) · factors[j].
    ///
    /// Shapes: `centers`, `factors` (columns). Sparse values are multiplied only.
    public func scale(centers: [Float], factors: [Float]) {
        precondition(centers.count == columns && factors.count == columns, "\(factors.count)")
        if isSparse {
            scaleStored(by: factors)
        } else {
            dense.withUnsafeMutableBufferPointer { target in
                ck_scale_rows_f32(target.baseAddress, rows, centers, factors, columns)
            }
        }
    }

    private func scaleStored(by factors: [Float]) {
        values.withUnsafeMutableBufferPointer { values in
            indices.withUnsafeBufferPointer { indices in
                factors.withUnsafeBufferPointer { factors in
                    for entry in values.indices { values[entry] *= factors[Int(indices[entry])] }
                }
            }
        }
    }

    /// Replaces every real label y by (y − center) · factor; classes stay.
    public func scaleLabels(center: Double, factor: Double) {
        for row in reals.indices { reals[row] = Float((Double(reals[row]) - center) * factor) }
    }

    /// Hands all rows to `body`.
    public func withBatch<Result, Failure: Error>(
        _ body: (Batch) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withLabels { labels throws(Failure) in
            try withFeatures { features throws(Failure) in
                try body(Batch(rows: rows, columns: columns, features: features, labels: labels))
            }
        }
    }

    private func withFeatures<Result, Failure: Error>(
        _ body: (Batch.Features) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard isSparse else {
            return try dense.withPointer { base throws(Failure) in try body(.dense(base)) }
        }
        return try offsets.withPointer { offsets throws(Failure) in
            try indices.withPointer { indices throws(Failure) in
                try values.withPointer { values throws(Failure) in
                    try body(.sparse(offsets: offsets, indices: indices, values: values))
                }
            }
        }
    }

    private func withLabels<Result, Failure: Error>(
        _ body: (Batch.Labels) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if classes.isEmpty, reals.isEmpty, rows > 0 { return try body(.none) }
        if isReal {
            return try reals.withPointer { base throws(Failure) in try body(.real(base)) }
        }
        return try classes.withPointer { base throws(Failure) in try body(.classes(base)) }
    }
}

extension Array {
    /// The elements' address; for an empty array one that must not be read.
    fileprivate func withPointer<Result, Failure: Error>(
        _ body: (UnsafePointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { buffer throws(Failure) in
            if let base = buffer.baseAddress { return try body(base) }
            let room = UnsafeMutablePointer<Element>.allocate(capacity: 1)
            defer { room.deallocate() }
            return try body(UnsafePointer(room))
        }
    }
}
