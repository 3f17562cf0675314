public import LinearAlgebra

/// One rank's rows in memory, grouped by class, as kernel machines want them.
public final class KernelData {
    let rows: KernelRows
    /// Where the rows of each class begin; one more than there are classes.
    let starts: [Int]
    /// The number of each row in its source.
    let numbers: [Int32]
    /// What was taken from the columns and what they were multiplied with; nil where nothing was.
    public let scaling: ColumnScaling?

    /// The rows of `source` with these numbers, each as often as it is named, scaled where a
    /// scaling is given; `tick` is called after every piece.
    ///
    /// Sparse rows that are moved are no longer sparse.
    public init(
        _ source: any RowSource,
        numbers training: [Int32],
        classes: Int,
        scaling: ColumnScaling? = nil,
        tick: () -> Void = {}
    ) throws(LearningError) {
        let labels = try LearningError.wrap { () throws(RowSourceError) in
            try source.classes(tick: tick)
        }
        var counts = [Int](repeating: 0, count: classes)
        for number in training { counts[Int(labels[Int(number)])] += 1 }
        var starts = [0]
        for count in counts { starts.append(starts[starts.count - 1] + count) }
        let order = training.sorted {
            (labels[Int($0)], $0) < (labels[Int($1)], $1)
        }
        (self.starts, self.scaling, numbers) = (starts, scaling, order)
        let isSparse = source.isSparse && scaling?.isCentering != true
        rows = KernelRows(columns: source.columns, isSparse: isSparse)
        let buffer = BatchBuffer(columns: source.columns, isSparse: isSparse, isReal: false)
        if !isSparse { rows.reserve(rows: order.count, values: order.count * source.columns) }
        for low in stride(from: 0, to: order.count, by: 512) {
            let part = order[low..<Swift.min(order.count, low + 512)]
            buffer.clear()
            try LearningError.wrap { () throws(RowSourceError) in
                try source.append(part, to: buffer)
            }
            if let scaling { buffer.scale(centers: scaling.centers, factors: scaling.factors) }
            buffer.withBatch { batch in rows.append(batch) }
            tick()
        }
        // A scale may have taken a value out of what Float holds.
        guard rows.values.allSatisfy(\.isFinite) else { throw .kernelNotFinite }
    }

    /// Bytes that the rows take.
    public var byteCount: Int {
        4 * (rows.values.count + rows.indices.count + rows.norms.count) + 8 * rows.offsets.count
    }

    init(rows: KernelRows, starts: [Int]) {
        (self.rows, self.starts) = (rows, starts)
        (scaling, numbers) = (nil, [])
    }

    /// 1 / (columns · variance of all values of all ranks), what is called `scale`; 1 where nothing
    /// varies.
    ///
    /// Sums are compensated and added in the order of ranks: it does not depend on how rows were
    /// dealt.
    public func scaleGamma(_ meeting: KernelMeeting) throws(LearningError) -> Double {
        var (first, second) = (CompensatedSum(), CompensatedSum())
        for value in rows.values {
            first.add(Double(value))
            second.add(Double(value) * Double(value))
        }
        var writer = PieceWriter()
        writer.write([Double(count), first.high, first.rest, second.high, second.rest])
        var total = 0.0
        (first, second) = (CompensatedSum(), CompensatedSum())
        for reader in try meeting.gather(writer.bytes) {
            var reader = reader
            let part = try reader.finite(5)
            total += Double(try reader.whole(part[0]))
            first.add(CompensatedSum(high: part[1], rest: part[2]))
            second.add(CompensatedSum(high: part[3], rest: part[4]))
        }
        let values = total * Double(rows.columns)
        let spread = CompensatedSum.spread(rows: values, first: first, second: second)
        let variance = spread / values / values
        return variance > 0 ? 1 / (Double(rows.columns) * variance) : 1
    }

    var classes: Int { starts.count - 1 }
    /// Number of rows.
    public var count: Int { rows.count }

    /// The rows of a class.
    func range(_ number: Int) -> Range<Int> { starts[number]..<starts[number + 1] }

    /// A window over the rows of a pair of classes.
    func window(_ pair: ClassPair, costs: [Double], cache: KernelCache) -> SearchWindow {
        SearchWindow(
            rows: rows,
            ranges: [range(pair.first), range(pair.second)],
            parts: [pair.first, pair.second],
            cache: cache,
            costs: [costs[pair.first], costs[pair.second]]
        )
    }
}
