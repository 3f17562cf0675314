import Catalog
import ControlAPI
import Domain

/// Gives the curve of a run: every seat keeps the same one, so any that answers will do.
struct RunPlotHandler: Handler {
    typealias M = RunPlot
    let directory: RunDirectory

    func handle(
        _ params: RunPlot.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RunPlot.Reply {
        let record = try await directory.find(params.run, for: call.caller)
        let world = directory.supervisor.world
        let seats = record.plan.seats.map(\.node)
        if seats.contains(world.node) {
            let points = await points(of: record.id, record.tenant, in: world)
            return RunPlot.Reply(record, points: points)
        }
        for node in seats {
            let request = RunPointsCall.Request(tenant: record.tenant, run: record.id)
            let reply = try? await world.network.call(
                RunPointsCall.self,
                request,
                on: node,
                within: .seconds(3)
            )
            if let reply { return RunPlot.Reply(record, points: reply.points) }
        }
        let names = seats.map(\.text).joined(separator: ", ")
        throw RPCError(
            .notReady,
            "the curve of \(record.id) lies on \(names): none of them answers",
            hint: "see 'distmlctl node ls'"
        )
    }
}

/// Asks for the curve that a seat of a run keeps.
enum RunPointsCall: PeerMethod {
    static let name = "run.points"

    struct Request: Codable, Sendable {
        var tenant: TenantID
        var run: RunID
    }

    struct Reply: Codable, Sendable {
        var points: [RunProgress]
    }
}

/// The curve of a run on this node.
func points(of run: RunID, _ tenant: TenantID, in world: RunWorld) async -> [RunProgress] {
    let points = try? await world.store.perform { database throws(CatalogError) in
        try database.points(of: run, for: .daemon(of: tenant))
    }
    return points ?? []
}
