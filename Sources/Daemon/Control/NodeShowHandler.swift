import ControlAPI
import Domain

/// Shows one node in its own words, or in ours where it is away.
struct NodeShowHandler: Handler {
    typealias M = NodeShow
    let directory: NodeDirectory

    func handle(
        _ params: NodeShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> NodeShow.Reply {
        let node = try directory.resolve(params.node)
        guard let view = directory.network.view(of: node) else {
            return await directory.describe()
        }
        var summary = NodeSummary(view, now: wallClockSeconds())
        do throws(PeerError) {
            var reply = try await directory.network.call(
                NodeDescribeCall.self,
                Empty(),
                on: node,
                within: peerAnswerLimit
            )
            // How it is reached is what we know better than it does.
            reply.summary = summary
            return reply
        } catch {
            summary.reason = summary.reason ?? "\(error)"
            return NodeShow.Reply(summary: summary, runs: [])
        }
    }
}
