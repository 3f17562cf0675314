import CKernels
import LinearAlgebra

/// Rows in memory, in Float, dense or compressed, with their squared norms: what kernel values are
/// made of.
///
/// Bytes: 4 a value where dense, else 8 a stored one; 12 a row besides.
final class KernelRows {
    let columns: Int
    let isSparse: Bool
    private(set) var count = 0
    /// (count, columns) row-major, or the stored values.
    private(set) var values: [Float] = []
    private(set) var offsets: [Int64] = [0]
    private(set) var indices: [Int32] = []
    private(set) var norms: [Float] = []

    init(columns: Int, isSparse: Bool) {
        (self.columns, self.isSparse) = (columns, isSparse)
    }

    /// Makes room, so that nothing is copied while rows come.
    func reserve(rows: Int, values count: Int) {
        values.reserveCapacity(count)
        if isSparse { indices.reserveCapacity(count) }
        offsets.reserveCapacity(rows + 1)
        norms.reserveCapacity(rows)
    }

    /// Appends a row of all columns.
    func append(dense row: UnsafePointer<Float>) {
        values.append(contentsOf: UnsafeBufferPointer(start: row, count: columns))
        close(from: values.count - columns)
    }

    /// Appends a row by its entries, whose columns rise.
    func append(
        indices own: UnsafePointer<Int32>,
        values entries: UnsafePointer<Float>,
        count: Int
    ) {
        indices.append(contentsOf: UnsafeBufferPointer(start: own, count: count))
        values.append(contentsOf: UnsafeBufferPointer(start: entries, count: count))
        close(from: values.count - count)
    }

    /// Appends rows by the number of values of each, with their columns where sparse.
    func append(counts: [Int32], indices own: [Int32], values entries: [Float]) {
        var start = 0
        entries.withRoom { entries in
            own.withRoom { own in
                for count in counts {
                    if isSparse {
                        append(indices: own + start, values: entries + start, count: Int(count))
                    } else {
                        append(dense: entries + start)
                    }
                    start += Int(count)
                }
            }
        }
    }

    private func close(from start: Int) {
        var square = 0.0
        values.withUnsafeBufferPointer { values in
            for place in start..<values.count {
                square += Double(values[place]) * Double(values[place])
            }
        }
        norms.append(Float(square))
        offsets.append(Int64(values.count))
        count += 1
    }

    /// Appends row `index` of `other`, which has the same form.
    func append(_ index: Int, of other: KernelRows) {
        other.withRow(index) { indices, values, count in
            if isSparse {
                append(indices: indices, values: values, count: count)
            } else {
                append(dense: values)
            }
        }
    }

    /// Appends every row of a batch of the same form.
    func append(_ batch: Batch) {
        for row in 0..<batch.rows {
            switch batch.features {
            case .dense(let base): append(dense: base + row * columns)
            case .sparse(let starts, let indices, let values):
                let start = Int(starts[row])
                let count = Int(starts[row + 1]) - start
                append(indices: indices + start, values: values + start, count: count)
            }
        }
    }

    /// The rows with these numbers.
    func gathered(_ numbers: [Int32]) -> KernelRows {
        let result = KernelRows(columns: columns, isSparse: isSparse)
        let stored = numbers.reduce(0) { $0 + storedValues(Int($1)) }
        result.reserve(rows: numbers.count, values: stored)
        for number in numbers { result.append(Int(number), of: self) }
        return result
    }

    /// Values stored of one row.
    func storedValues(_ index: Int) -> Int {
        isSparse ? Int(offsets[index + 1] - offsets[index]) : columns
    }

    /// Lends the columns and values of one row; the columns mean nothing where it is dense.
    func withRow<Result>(
        _ index: Int,
        _ body: (UnsafePointer<Int32>, UnsafePointer<Float>, Int) -> Result
    ) -> Result {
        let start = isSparse ? Int(offsets[index]) : index * columns
        let count = storedValues(index)
        return indices.withRoom { indices in
            values.withRoom { values in
                body(isSparse ? indices + start : indices, values + start, count)
            }
        }
    }

    /// x·y in Double, in an order that is the same on every processor.
    func product(_ index: Int, with other: KernelRows, _ second: Int) -> Double {
        withRow(index) { indices, values, count in
            other.withRow(second) { otherIndices, otherValues, otherCount in
                guard isSparse else { return ck_dot_fixed(values, otherValues, count) }
                var (a, b, sum) = (0, 0, 0.0)
                while a < count, b < otherCount {
                    if indices[a] == otherIndices[b] {
                        sum += Double(values[a]) * Double(otherValues[b])
                        (a, b) = (a + 1, b + 1)
                    } else if indices[a] < otherIndices[b] {
                        a += 1
                    } else {
                        b += 1
                    }
                }
                return sum
            }
        }
    }
}

extension Array {
    /// The elements' address, also where there are none.
    func withRoom<Result>(_ body: (UnsafePointer<Element>) -> Result) -> Result {
        withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { return body(base) }
            return withUnsafeTemporaryAllocation(of: Element.self, capacity: 1) { room in
                body(UnsafePointer(room.baseAddress ?? .allocate(capacity: 1)))
            }
        }
    }
}
