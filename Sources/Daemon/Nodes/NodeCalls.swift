import ControlAPI
import Domain
import Transport

/// What nodes ask each other about themselves.
enum NodeDescribeCall: PeerMethod {
    static let name = "node.describe"
    typealias Request = Empty
    typealias Reply = NodeShow.Reply
}

/// A node's own view of its health.
enum NodeHealthCall: PeerMethod {
    static let name = "node.health"
    typealias Request = Empty
    typealias Reply = [Check]
}

/// The way there and back, and nothing else.
enum PingCall: PeerMethod {
    static let name = "ping"
    typealias Request = Empty
    typealias Reply = Empty
}

/// Round trips from the asked node to another.
enum MeasureCall: PeerMethod {
    static let name = "ring.measure"

    struct Request: Codable, Sendable {
        var to: NodeID
        var count: Int
    }

    typealias Reply = RingPing.Edge
}

/// How long a node may take for an answer that costs it nothing.
let peerAnswerLimit = Duration.seconds(5)

/// Most round trips of one measurement.
let pingsMax = 1_000

extension PeerNetwork {
    /// Measures `count` round trips to another node, one after the other.
    func measure(_ to: NodeID, count: Int) async -> RingPing.Edge {
        var times: [Double] = []
        var reason: String?
        for _ in 0..<min(max(1, count), pingsMax) {
            let begin = monotonicNanoseconds()
            do throws(PeerError) {
                _ = try await call(PingCall.self, Empty(), on: to, within: .seconds(2))
                times.append(Double(monotonicNanoseconds() - begin) / 1e9)
            } catch {
                reason = "\(error)"
                // A peer that is away is away for the rest of them, too.
                break
            }
        }
        times.sort()
        return RingPing.Edge(
            from: node,
            to: to,
            medianSeconds: times.isEmpty ? nil : times[times.count / 2],
            minSeconds: times.first,
            sent: count,
            received: times.count,
            reason: reason
        )
    }
}
