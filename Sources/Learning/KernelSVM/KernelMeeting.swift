/// Where the ranks of a kernel machine exchange bytes and sums, with what each wishes riding along.
///
/// A wish is a number that is 0 for no; the largest of all ranks' wishes comes back with every
/// exchange, so all decide alike and nobody waits for it.
public final class KernelMeeting {
    let reducer: any Reducer
    private let wish: () -> [Double]
    /// Called after every block.
    let tick: () -> Void
    /// What the ranks wished, the largest seen since it was last taken.
    public private(set) var wishes: [Double]
    /// How often this rank has met the others.
    public private(set) var meetings = 0

    /// A meeting by `reducer`; `wish` always gives as many numbers, and `tick` is called whenever
    /// something was computed.
    public init(
        _ reducer: any Reducer,
        wish: @escaping () -> [Double] = { [] },
        tick: @escaping () -> Void = {}
    ) {
        (self.reducer, self.wish, self.tick) = (reducer, wish, tick)
        wishes = [Double](repeating: 0, count: wish().count)
    }

    var rank: Int { reducer.rank }
    var worldSize: Int { reducer.worldSize }

    /// Forgets the wishes so far.
    public func clearWishes() {
        for index in wishes.indices { wishes[index] = 0 }
    }

    /// Takes this rank's own wishes as those of all, where nobody else is there to ask.
    func wishAlone() { widen(wish()) }

    private func widen(_ more: [Double]) {
        for index in wishes.indices { wishes[index] = Swift.max(wishes[index], more[index]) }
    }

    /// The bytes of every rank, in rank order.
    func gather(_ bytes: [UInt8]) throws(LearningError) -> [PieceReader] {
        meetings += 1
        var writer = PieceWriter()
        writer.write(wish())
        let all: [[UInt8]]
        do { all = try reducer.gather(writer.bytes + bytes) } catch { throw .reducer(error) }
        var readers: [PieceReader] = []
        for (rank, bytes) in all.enumerated() {
            var reader = PieceReader(bytes, rank: rank)
            let more = try reader.read(Double.self)
            guard more.count == wishes.count else { throw reader.nonsense }
            widen(more)
            readers.append(reader)
        }
        return readers
    }

    /// Sums elementwise over all ranks.
    func sum(_ values: [Double]) throws(LearningError) -> [Double] {
        var values = values
        do { try reducer.sum(&values) } catch { throw .reducer(error) }
        return values
    }

    /// The largest of each element over all ranks.
    func max(_ values: [Double]) throws(LearningError) -> [Double] {
        var values = values
        do { try reducer.max(&values) } catch { throw .reducer(error) }
        return values
    }
}

/// Writes arrays of numbers one after the other, each behind its count in 8 bytes.
struct PieceWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write<Element: BitwiseCopyable>(_ elements: [Element]) {
        withUnsafeBytes(of: Int64(elements.count)) { bytes.append(contentsOf: $0) }
        elements.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// Writes some rows.
    mutating func write(_ rows: KernelRows) {
        write((0..<rows.count).map { Int32(rows.storedValues($0)) })
        if rows.isSparse { write(rows.indices) }
        write(rows.values)
    }
}

/// Reads what another rank wrote, which need not make sense.
struct PieceReader {
    private let bytes: [UInt8]
    let rank: Int
    private var place = 0

    init(_ bytes: [UInt8], rank: Int) { (self.bytes, self.rank) = (bytes, rank) }

    /// What to throw where the bytes make no sense.
    var nonsense: LearningError {
        .reducer(ReducerError("rank \(rank) sent \(bytes.count) bytes that make no sense"))
    }

    mutating func read<Element: BitwiseCopyable>(
        _ type: Element.Type
    ) throws(LearningError) -> [Element] {
        guard place + 8 <= bytes.count else { throw nonsense }
        let stride = MemoryLayout<Element>.stride
        let start = place + 8
        let count = bytes.withUnsafeBytes {
            Int($0.loadUnaligned(fromByteOffset: place, as: Int64.self))
        }
        guard count >= 0, count <= (bytes.count - start) / stride else { throw nonsense }
        place = start + count * stride
        return bytes.withUnsafeBytes { raw in
            (0..<count).map {
                raw.loadUnaligned(fromByteOffset: start + $0 * stride, as: Element.self)
            }
        }
    }

    /// Appends the rows that come next to `rows`; returns how many there were.
    mutating func read(into rows: KernelRows) throws(LearningError) -> Int {
        let counts = try read(Int32.self)
        let indices = rows.isSparse ? try read(Int32.self) : []
        let values = try read(Float.self)
        let columns = Int32(rows.columns)
        let isWhole = counts.allSatisfy { rows.isSparse ? $0 >= 0 : $0 == columns }
        guard isWhole, counts.reduce(0, { $0 + Int($1) }) == values.count,
            !rows.isSparse || indices.count == values.count,
            indices.allSatisfy({ $0 >= 0 && $0 < columns })
        else { throw nonsense }
        var start = 0
        values.withRoom { values in
            indices.withRoom { indices in
                for count in counts {
                    if rows.isSparse {
                        rows.append(
                            indices: indices + start,
                            values: values + start,
                            count: Int(count)
                        )
                    } else {
                        rows.append(dense: values + start)
                    }
                    start += Int(count)
                }
            }
        }
        return counts.count
    }
}
