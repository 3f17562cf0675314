/// Some rows with their labels, as a view of memory that somebody else owns.
///
/// It is valid only inside the closure that handed it out; it may be empty.
public struct Batch {
    /// Where the features lie.
    public enum Features {
        /// Row-major values, (rows, columns).
        case dense(UnsafePointer<Float>)
        /// Compressed rows: row i has the entries `offsets[i] ..< offsets[i + 1]`, whose columns
        /// rise strictly. `offsets` (rows + 1) counts from the start of `indices` and `values`.
        case sparse(
            offsets: UnsafePointer<Int64>,
            indices: UnsafePointer<Int32>,
            values: UnsafePointer<Float>
        )
    }

    /// What the rows are labelled with.
    public enum Labels {
        /// Class numbers from 0.
        case classes(UnsafePointer<Int32>)
        /// Real values.
        case real(UnsafePointer<Float>)
        /// None: rows to predict.
        case none
    }

    /// Number of rows.
    public let rows: Int
    /// Number of feature columns.
    public let columns: Int
    /// The features.
    public let features: Features
    /// The labels, one a row.
    public let labels: Labels

    /// A view of `rows` rows.
    public init(rows: Int, columns: Int, features: Features, labels: Labels) {
        precondition(rows >= 0 && columns >= 0, "a batch of \(rows) × \(columns)")
        self.rows = rows
        self.columns = columns
        self.features = features
        self.labels = labels
    }

    /// Whether only non-zero values are stored.
    public var isSparse: Bool {
        switch features {
        case .dense: false
        case .sparse: true
        }
    }

    /// Rows `range` of this batch.
    public func slice(_ range: Range<Int>) -> Batch {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "\(range) of \(rows) rows")
        let start = range.lowerBound
        let part: Features
        switch features {
        case .dense(let base): part = .dense(base + start * columns)
        case .sparse(let offsets, let indices, let values):
            part = .sparse(offsets: offsets + start, indices: indices, values: values)
        }
        let labelPart: Labels
        switch labels {
        case .classes(let base): labelPart = .classes(base + start)
        case .real(let base): labelPart = .real(base + start)
        case .none: labelPart = .none
        }
        return Batch(rows: range.count, columns: columns, features: part, labels: labelPart)
    }

    /// Entries stored: rows × columns where dense.
    public var storedValues: Int {
        switch features {
        case .dense: rows * columns
        case .sparse(let offsets, _, _): Int(offsets[rows] - offsets[0])
        }
    }

    /// Writes all values with their zeros.
    ///
    /// Shapes: `target` (rows, columns) row-major.
    public func writeDense(to target: UnsafeMutablePointer<Float>) {
        switch features {
        case .dense(let base): target.update(from: base, count: rows * columns)
        case .sparse(let offsets, let indices, let values):
            target.update(repeating: 0, count: rows * columns)
            for row in 0..<rows {
                let line = target + row * columns
                for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                    line[Int(indices[entry])] = values[entry]
                }
            }
        }
    }
}
