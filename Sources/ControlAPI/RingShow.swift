public import Domain

/// Shows the order in which a ring over all nodes would be formed.
public enum RingShow: Method {
    /// The wire name.
    public static let name = "ring.show"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Nothing to say.
    public typealias Params = Empty
    /// The seats in the direction of travel.
    public typealias Reply = [Place]

    /// One place of the order.
    public struct Place: Codable, Hashable, Sendable {
        /// Its rank if all take part.
        public var rank: Rank
        /// Who sits there.
        public var node: NodeID
        /// To whom it sends.
        public var next: NodeID
        /// Host and port of its peer interface.
        public var address: String
        /// Alive or not.
        public var state: NodeState

        /// A place with all its fields.
        public init(rank: Rank, node: NodeID, next: NodeID, address: String, state: NodeState) {
            self.rank = rank
            self.node = node
            self.next = next
            self.address = address
            self.state = state
        }
    }
}
