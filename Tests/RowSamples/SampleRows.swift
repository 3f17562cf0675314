public import LinearAlgebra

/// Rows in memory, dense or sparse.
public struct SampleRows: RowSource, Sendable {
    /// All values, row by row.
    public let values: [[Float]]
    /// Whether zeros are left out.
    public let isSparse: Bool
    /// The class of each row, where labels are classes.
    public let classes: [Int32]?
    /// The label of each row, where labels are real.
    public let reals: [Float]?

    /// Rows with classes.
    public init(_ values: [[Float]], isSparse: Bool = false, classes: [Int32]) {
        (self.values, self.isSparse, self.classes, reals) = (values, isSparse, classes, nil)
    }

    /// Rows with real labels.
    public init(_ values: [[Float]], isSparse: Bool = false, reals: [Float]) {
        (self.values, self.isSparse, classes, self.reals) = (values, isSparse, nil, reals)
    }

    /// Number of rows.
    public var rows: Int { values.count }
    /// Number of feature columns.
    public var columns: Int { values.first?.count ?? 0 }
    /// Whether labels are real.
    public var isReal: Bool { reals != nil }

    /// The rows of `range`, in an order of their own.
    public func part(_ range: Range<Int>) -> SampleRows {
        if let reals {
            return SampleRows(
                Array(values[range]),
                isSparse: isSparse,
                reals: Array(reals[range])
            )
        }
        return SampleRows(
            Array(values[range]),
            isSparse: isSparse,
            classes: Array((classes ?? [])[range])
        )
    }

    /// Hands a copy of the rows to `body`.
    public func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        let part = values[range]
        var offsets: [Int64] = [0]
        var indices: [Int32] = []
        var stored: [Float] = []
        for row in part {
            for (column, value) in row.enumerated() where !isSparse || value != 0 {
                indices.append(Int32(column))
                stored.append(value)
            }
            offsets.append(Int64(stored.count))
        }
        return stored.withRoom { stored in
            indices.withRoom { indices in
                offsets.withRoom { offsets in
                    let features: Batch.Features =
                        isSparse
                        ? .sparse(offsets: offsets, indices: indices, values: stored)
                        : .dense(stored)
                    return withLabels(range) { labels in
                        body(
                            Batch(
                                rows: range.count,
                                columns: columns,
                                features: features,
                                labels: labels
                            )
                        )
                    }
                }
            }
        }
    }

    private func withLabels<Result>(
        _ range: Range<Int>,
        _ body: (Batch.Labels) -> Result
    ) -> Result {
        if let reals { return Array(reals[range]).withRoom { body(.real($0)) } }
        if let classes { return Array(classes[range]).withRoom { body(.classes($0)) } }
        return body(.none)
    }
}

extension Array {
    /// The elements' address, also where there are none.
    fileprivate func withRoom<Result>(_ body: (UnsafePointer<Element>) -> Result) -> Result {
        let room = UnsafeMutablePointer<Element>.allocate(capacity: count + 1)
        defer {
            room.deinitialize(count: count)
            room.deallocate()
        }
        _ = UnsafeMutableBufferPointer(start: room, count: count).initialize(from: self)
        return body(UnsafePointer(room))
    }
}

/// A small matrix with zeros in it, the same in every test run.
public func sampleMatrix(_ rows: Int, _ columns: Int, seed: Int = 1) -> [[Float]] {
    (0..<rows).map { row in
        (0..<columns).map { column in
            let number = (row * 7919 + column * 104_729 + seed * 1_299_709) % 1009
            return number % 3 == 0 ? 0 : Float(number) / 504 - 1
        }
    }
}
