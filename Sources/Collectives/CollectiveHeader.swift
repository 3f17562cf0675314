internal import Wire
public import Domain

/// What a rank believes that everybody is doing now; goes to the next rank before any data.
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 4 | magic, `DRC1` |
/// | 4 | 1 | operation |
/// | 5 | 1 | reduction, 0 for none |
/// | 6 | 1 | element kind |
/// | 7 | 1 | 0 |
/// | 8 | 4 | rank of the sender |
/// | 12 | 4 | world size |
/// | 16 | 8 | generation |
/// | 24 | 8 | sequence number of the collective in this ring, from 0 |
/// | 32 | 8 | count of elements; 0 where the ranks' counts may differ |
/// | 40 | 4 | rank that broadcasts, 0 for other operations |
/// | 44 | 4 | 0 |
public struct CollectiveHeader: Equatable, Sendable, CustomStringConvertible {
    /// The collectives; the raw value is the one on the wire.
    public enum Operation: UInt8, Sendable, CaseIterable {
        /// Everybody's sum, each rank getting its chunk.
        case reduceScatter = 1
        /// Everybody's chunk to everybody.
        case allGather
        /// Everybody's sum to everybody.
        case allReduce
        /// One rank's values to everybody.
        case broadcast
        /// Nobody goes on before all have come.
        case barrier
        /// Lengths of the byte strings that `allGather` of bytes will carry.
        case gatherLengths
        /// Length of the byte string that `broadcast` of bytes will carry.
        case broadcastLength
        /// Everybody's sum to everybody, out of everybody's whole vector.
        case allReduceWhole
    }

    /// Who says so.
    public var rank: Rank
    /// Seats in the ring.
    public var worldSize: Int
    /// Which ring of the run.
    public var generation: Generation
    /// How many collectives this ring has done before.
    public var sequence: UInt64
    /// Which collective it is.
    public var operation: Operation
    /// How elements become one, where they do.
    public var reduction: Reduction?
    /// What the elements are.
    public var element: ElementKind
    /// How many there are.
    public var count: Int
    /// Who broadcasts; rank 0 for other operations.
    public var root: Rank

    /// Such as `rank 1 all-reduce sum of 10 float32 (sequence 3, generation 1)`.
    public var description: String {
        var text = "\(rank) \(operation)"
        if let reduction { text += " \(reduction)" }
        text += " of \(count) \(element)"
        if operation == .broadcast { text += " from \(root)" }
        return text + " (sequence \(sequence), generation \(generation), world size \(worldSize))"
    }

    /// Whether `other`, which comes from another rank, speaks of the same collective.
    func agrees(with other: CollectiveHeader) -> Bool {
        var same = other
        same.rank = rank
        return same == self
    }
}

extension CollectiveHeader {
    static let encodedBytes = 48
    private static let magic: UInt32 = 0x3143_5244

    func encode(into writer: inout ByteWriter) {
        writer.write(Self.magic)
        writer.write(operation.rawValue)
        writer.write(reduction?.rawValue ?? 0)
        writer.write(element.rawValue)
        writer.write(UInt8(0))
        writer.write(UInt32(rank.index))
        writer.write(UInt32(worldSize))
        writer.write(generation.number)
        writer.write(sequence)
        writer.write(UInt64(count))
        writer.write(UInt32(root.index))
        writer.write(UInt32(0))
    }

    init(from reader: inout ByteReader) throws(WireError) {
        try Self.expect(Self.magic, reader.integer("collective magic"), "collective magic")
        operation = try Self.known(reader.integer("operation"), "operation")
        let reductionCode: UInt8 = try reader.integer("reduction")
        reduction = reductionCode == 0 ? nil : try Self.known(reductionCode, "reduction")
        element = try Self.known(reader.integer("element kind"), "element kind")
        try Self.expect(0, reader.integer("padding", as: UInt8.self), "padding")
        rank = Rank(Int(try reader.integer("rank", as: UInt32.self)))
        worldSize = Int(try reader.integer("world size", as: UInt32.self))
        generation = Generation(try reader.integer("generation"))
        sequence = try reader.integer("sequence")
        let elements: UInt64 = try reader.integer("count")
        guard let count = Int(exactly: elements) else {
            throw .badValue(what: "count", value: "\(elements)")
        }
        self.count = count
        root = Rank(Int(try reader.integer("root", as: UInt32.self)))
        try Self.expect(0, reader.integer("padding", as: UInt32.self), "padding")
    }

    private static func known<Code: RawRepresentable<UInt8>>(
        _ value: UInt8,
        _ what: String
    ) throws(WireError) -> Code {
        guard let code = Code(rawValue: value) else {
            throw .badValue(what: what, value: "\(value)")
        }
        return code
    }

    private static func expect<T: FixedWidthInteger>(
        _ expected: T,
        _ value: T,
        _ what: String
    ) throws(WireError) {
        guard value == expected else { throw .badValue(what: what, value: "\(value)") }
    }
}
