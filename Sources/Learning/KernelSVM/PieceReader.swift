/// Writes arrays of numbers one after the other, each behind its count in 8 bytes.
///
/// Rows are the number of values of each in 4 bytes, the columns of all where they are sparse, and
/// the values of all.
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

/// Reads what a rank wrote; whoever wrote it is not trusted.
///
/// Every error names the rank.
struct PieceReader {
    private let bytes: [UInt8]
    let rank: Int
    private var place = 0

    init(_ bytes: [UInt8], rank: Int) { (self.bytes, self.rank) = (bytes, rank) }

    /// What to throw where the bytes make no sense; `what` says what they hold.
    func nonsense(_ what: String) -> LearningError {
        .reducer(ReducerError("rank \(rank) sent what makes no sense: \(what)"))
    }

    /// Reads an array of numbers, whatever they are.
    mutating func read<Element: BitwiseCopyable>(
        _ type: Element.Type
    ) throws(LearningError) -> [Element] {
        guard place + 8 <= bytes.count else { throw nonsense("too few bytes") }
        let stride = MemoryLayout<Element>.stride
        let start = place + 8
        let count = bytes.withUnsafeBytes {
            Int($0.loadUnaligned(fromByteOffset: place, as: Int64.self))
        }
        guard count >= 0, count <= (bytes.count - start) / stride else {
            throw nonsense("\(count) numbers in \(bytes.count - start) bytes")
        }
        place = start + count * stride
        return bytes.withUnsafeBytes { raw in
            (0..<count).map {
                raw.loadUnaligned(fromByteOffset: start + $0 * stride, as: Element.self)
            }
        }
    }

    /// Reads finite numbers: so many, where it is known how many.
    mutating func finite(_ count: Int? = nil) throws(LearningError) -> [Double] {
        let numbers = try read(Double.self)
        guard numbers.count == count ?? numbers.count else {
            throw nonsense("\(numbers.count) numbers where \(count ?? 0) belong")
        }
        guard numbers.allSatisfy(\.isFinite) else {
            throw nonsense("a number that is not finite")
        }
        return numbers
    }

    /// A number that was read, as a whole one from 0 to `most`.
    func whole(_ number: Double, most: Int = Int.wholeMax) throws(LearningError) -> Int {
        guard let value = Int(whole: number), value <= most else {
            throw nonsense("\(number) where a whole number up to \(most) belongs")
        }
        return value
    }

    /// Reads α of rows, of which each lies from 0 to its own limit.
    mutating func multipliers(_ limits: [Double]) throws(LearningError) -> [Double] {
        let numbers = try finite(limits.count)
        for (number, limit) in zip(numbers, limits) where !isMultiplier(number, upTo: limit) {
            throw nonsense("\(number) for a multiplier up to \(limit)")
        }
        return numbers
    }

    /// Reads y·α of rows, each up to `limit` either way.
    mutating func coefficients(upTo limit: Double) throws(LearningError) -> [Double] {
        let numbers = try finite()
        guard numbers.allSatisfy({ isMultiplier(abs($0), upTo: limit) }) else {
            throw nonsense("a coefficient over \(limit)")
        }
        return numbers
    }

    /// Appends the `count` rows that come next to `rows`: all of them, or none.
    mutating func read(_ count: Int, into rows: KernelRows) throws(LearningError) {
        let counts = try read(Int32.self)
        let indices = rows.isSparse ? try read(Int32.self) : []
        let values = try read(Float.self)
        guard counts.count == count else {
            throw nonsense("\(counts.count) rows where \(count) belong")
        }
        let columns = Int32(rows.columns)
        let isWhole = counts.allSatisfy { rows.isSparse ? $0 >= 0 : $0 == columns }
        guard isWhole, counts.reduce(0, { $0 + Int($1) }) == values.count,
            !rows.isSparse || indices.count == values.count
        else { throw nonsense("rows whose parts do not fit together") }
        guard values.allSatisfy(\.isFinite) else {
            throw nonsense("a row with a value that is not finite")
        }
        var start = 0
        for count in counts where rows.isSparse {
            let own = indices[start..<start + Int(count)]
            guard own.isRising, own.first ?? 0 >= 0, own.last ?? -1 < columns else {
                throw nonsense("a row with columns that do not rise from 0 to \(columns - 1)")
            }
            start += Int(count)
        }
        rows.append(counts: counts, indices: indices, values: values)
    }

    /// Checks that nothing is left over.
    func finish() throws(LearningError) {
        guard place == bytes.count else {
            throw nonsense("\(bytes.count - place) bytes too many")
        }
    }
}

/// Whether a number can be α of a row whose C is `limit`: a little more comes of rounding.
func isMultiplier(_ number: Double, upTo limit: Double) -> Bool {
    number >= 0 && number <= limit * (1 + 1e-9)
}

extension Collection where Element: Comparable {
    /// Whether each element is larger than the one before it.
    var isRising: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}
