public import Domain

/// Measures round trips over every edge of the ring, both ways.
public enum RingPing: Method {
    /// The wire name.
    public static let name = "ring.ping"
    /// The least role that may call it.
    public static let role = Role.viewer

    /// How often.
    public struct Params: Codable, Sendable {
        /// Round trips per edge and direction.
        public var count: Int

        /// Asks for `count` round trips.
        public init(count: Int) {
            self.count = count
        }
    }

    /// Every edge twice, once in each direction.
    public typealias Reply = [Edge]

    /// One direction of one edge.
    public struct Edge: Codable, Hashable, Sendable {
        /// Who asked.
        public var from: NodeID
        /// Who answered.
        public var to: NodeID
        /// Median round trip; nil where none came back.
        public var medianSeconds: Double?
        /// Shortest round trip; nil where none came back.
        public var minSeconds: Double?
        /// Round trips asked for.
        public var sent: Int
        /// Round trips that came back.
        public var received: Int
        /// Why some did not.
        public var reason: String?

        /// An edge with what was measured.
        public init(
            from: NodeID,
            to: NodeID,
            medianSeconds: Double? = nil,
            minSeconds: Double? = nil,
            sent: Int,
            received: Int,
            reason: String? = nil
        ) {
            self.from = from
            self.to = to
            self.medianSeconds = medianSeconds
            self.minSeconds = minSeconds
            self.sent = sent
            self.received = received
            self.reason = reason
        }
    }
}
