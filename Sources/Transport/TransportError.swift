/// Why a link died, or never came to be.
///
/// Every case asks the same of the caller: give this link up and make a new one.
public enum TransportError: Error, Equatable, CustomStringConvertible {
    /// What was waited for did not come within `limit`.
    case timedOut(peer: String, limit: Duration)
    /// The peer closed the link or died.
    case closedByPeer(peer: String)
    /// The peer refused us; `alert` is the TLS alert's name.
    case refusedByPeer(peer: String, alert: String)
    /// The peer could not prove to be who it should be.
    case untrusted(peer: String, reason: String)
    /// The peer broke the rules of the protocol.
    case violation(peer: String, reason: String)
    /// The peer announced a frame of `bytes` bytes where at most `limit` are taken.
    case frameTooLong(peer: String, bytes: Int, limit: Int)
    /// No address was found for the peer's host name.
    case unknownHost(host: String, reason: String)
    /// A system call failed.
    case system(call: String, errno: Int32)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .timedOut(let peer, let limit): "\(peer) did not answer for \(seconds(limit))"
        case .closedByPeer(let peer): "\(peer) closed the link"
        case .refusedByPeer(let peer, let alert): "refused by \(peer): \(alert)"
        case .untrusted(let peer, let reason): "\(peer) is not trusted: \(reason)"
        case .violation(let peer, let reason): "\(peer) broke the protocol: \(reason)"
        case .frameTooLong(let peer, let bytes, let limit):
            "\(peer) announced a frame of \(bytes) bytes where at most \(limit) are taken"
        case .unknownHost(let host, let reason): "no address for host \(host): \(reason)"
        case .system(let call, let errno): "\(call): \(systemMessage(errno))"
        }
    }
}

private func seconds(_ duration: Duration) -> String {
    let (whole, atto) = duration.components
    let milliseconds = atto / 1_000_000_000_000_000
    guard milliseconds > 0 else { return "\(whole) s" }
    return whole == 0 ? "\(milliseconds) ms" : "\(whole).\(milliseconds / 100) s"
}
