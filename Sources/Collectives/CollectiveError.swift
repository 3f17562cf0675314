public import Domain
public import Transport

/// Why a collective did not come to its end.
///
/// Every case asks the same of the caller: the vector is garbage, this ring is finished, and the
/// other ranks have been told; give the ring up and form a new generation or end the run.
public enum CollectiveError: Error, Equatable, CustomStringConvertible {
    /// The link to a neighbour broke.
    case lost(rank: Rank, peer: String, TransportError)
    /// Somebody ended it: another rank, or this rank's own monitor.
    case aborted(Cause)
    /// Two neighbours are not doing the same thing.
    case disagreement(CollectiveHeader, CollectiveHeader)
    /// A neighbour neither sent nor took a byte for `limit`.
    case stalled(rank: Rank, peer: String, limit: Duration)
    /// A neighbour sent what no rank sends.
    case malformed(rank: Rank, peer: String, reason: String)
    /// Byte strings of `bytes` bytes together where at most `limit` are taken.
    case tooLong(rank: Rank, bytes: UInt64, limit: Int)
    /// The system refused to wait.
    case system(call: String, errno: Int32)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .lost(let rank, let peer, let error):
            "lost \(rank) (\(peer)): \(error)"
        case .aborted(let cause): "\(cause)"
        case .disagreement(let first, let second):
            "ranks disagree: \(first) against \(second)"
        case .stalled(let rank, let peer, let limit):
            "\(rank) (\(peer)) neither sent nor took anything for \(limit.components.seconds) s"
        case .malformed(let rank, let peer, let reason):
            "\(rank) (\(peer)) broke the protocol of the ring: \(reason)"
        case .tooLong(let rank, let bytes, let limit):
            "\(rank) brought \(bytes) bytes where at most \(limit) are taken"
        case .system(let call, let errno): "\(call): \(systemMessage(errno))"
        }
    }

    /// Who is to blame, as the other ranks are told it.
    ///
    /// `own` is who we are, to be named where nobody else is.
    public func cause(own: Rank, step: Int?) -> Cause {
        switch self {
        case .aborted(let cause): cause
        case .lost(let rank, let peer, let error):
            Cause(node: NodeID(peer), rank: rank, step: step, reason: "link lost: \(error)")
        case .stalled(let rank, let peer, _), .malformed(let rank, let peer, _):
            Cause(node: NodeID(peer), rank: rank, step: step, reason: description)
        case .disagreement(let first, _):
            Cause(node: nil, rank: first.rank, step: step, reason: description)
        case .tooLong(let rank, _, _):
            Cause(node: nil, rank: rank, step: step, reason: description)
        case .system: Cause(node: nil, rank: own, step: step, reason: description)
        }
    }
}
