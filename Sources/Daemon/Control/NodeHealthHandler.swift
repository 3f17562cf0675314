import ControlAPI
import Domain

/// Tells how one node is, or all of them.
struct NodeHealthHandler: Handler {
    typealias M = NodeHealth
    let directory: NodeDirectory

    func handle(
        _ params: NodeHealth.Params,
        for call: ControlCall
    ) async throws(RPCError) -> NodeHealth.Reply {
        let nodes = params.node == nil ? directory.nodes : [try directory.resolve(params.node)]
        return await withTaskGroup(of: [Check].self) { group in
            for node in nodes { group.addTask { await health(of: node) } }
            var checks: [Check] = []
            for await some in group { checks += some }
            // Each node's own order stays; the nodes come in theirs.
            return nodes.flatMap { node in checks.filter { $0.node == node } }
        }
    }

    private func health(of node: NodeID) async -> [Check] {
        guard node != directory.configuration.node else {
            return directory.checkup.health(now: wallClockSeconds())
        }
        do throws(PeerError) {
            return try await directory.network.call(
                NodeHealthCall.self,
                Empty(),
                on: node,
                within: peerAnswerLimit
            )
        } catch {
            let fix = "on \(node): 'systemctl status distmld'"
            return [
                Check(name: "reachable", node: node, state: .failure, detail: "\(error)", fix: fix)
            ]
        }
    }
}
