import ControlAPI
import Domain

/// Says which program answers.
struct VersionHandler: Handler {
    typealias M = Version
    let node: NodeID
    let cluster: ClusterName

    func handle(
        _ params: Version.Params,
        for call: ControlCall
    ) async throws(RPCError) -> Version.Reply {
        Version.Reply(version: distmlVersion, node: node, cluster: cluster)
    }
}
