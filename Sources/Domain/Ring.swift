/// A node's seat in one ring, `0 ..< worldSize`.
///
/// Seats are dealt anew whenever the ring is rebuilt; a node's lasting name is its `NodeID`.
public struct Rank: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// Zero-based position, counted in the direction of travel.
    public let index: Int

    /// The seat at `index`.
    /// - Precondition: `index >= 0`.
    public init(_ index: Int) {
        precondition(index >= 0, "a rank is not negative, \(index) is")
        self.index = index
    }

    /// Such as `rank 2`.
    public var description: String { "rank \(index)" }

    /// Order of travel.
    public static func < (left: Rank, right: Rank) -> Bool { left.index < right.index }

    /// Decodes a bare number, which must not be negative.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let index = try container.decode(Int.self)
        guard index >= 0 else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "a rank is not negative, \(index) is"
            )
        }
        self.index = index
    }

    /// Encodes the bare number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(index)
    }
}

/// How many times a run's ring has been rebuilt; whatever carries a lower one is refused.
public struct Generation: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// 1 for the first ring of a run.
    public let number: UInt64

    /// The generation with this number.
    public init(_ number: UInt64) { self.number = number }

    /// The one after this.
    public var next: Generation { Generation(number &+ 1) }

    /// The bare number.
    public var description: String { "\(number)" }

    /// Order in time.
    public static func < (left: Generation, right: Generation) -> Bool {
        left.number < right.number
    }

    /// Decodes the bare number.
    public init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(UInt64.self)
    }

    /// Encodes the bare number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// Who caused the end of a run, where, when, and why; what an abort frame carries.
public struct Cause: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The node that failed, where one is known.
    public var node: NodeID?
    /// Its seat, where it had one.
    public var rank: Rank?
    /// The step that was not finished.
    public var step: Int?
    /// One line for the operator, without a full stop.
    public var reason: String

    /// A cause with what is known of it.
    public init(node: NodeID?, rank: Rank? = nil, step: Int? = nil, reason: String) {
        self.node = node
        self.rank = rank
        self.step = step
        self.reason = reason
    }

    /// Such as `node b (rank 1), step 40: worker killed by signal 9`.
    public var description: String {
        var place = node.map { "node \($0)" } ?? "cluster"
        if let rank { place += " (\(rank))" }
        if let step { place += ", step \(step)" }
        return "\(place): \(reason)"
    }
}
