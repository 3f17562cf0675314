import Catalog
import ControlAPI
import Domain

/// Removes a run that has ended, with its log, curve and checkpoints; its model stays.
struct RunRmHandler: Handler {
    typealias M = RunRm
    let directory: RunDirectory

    func handle(
        _ params: RunRm.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RunRm.Reply {
        let caller = call.caller
        let record = try await directory.find(params.run, for: caller, within: patientLimit)
        guard record.status == .ended else {
            throw RPCError(
                .conflict,
                "\(record.id) is still going on",
                hint: "stop it first: distmlctl stop \(record.id)"
            )
        }
        let world = directory.supervisor.world
        let id = record.id
        do throws(CatalogError) {
            let files = try await world.store.perform { database throws(CatalogError) in
                let checkpoints = try database.checkpoints(of: id, for: caller)
                try database.remove(id, for: caller)
                return checkpoints.map(\.object)
            }
            for text in files {
                if let object = ObjectID(stored: text) {
                    world.objects.remove(object, tenant: caller.tenant)
                }
            }
        } catch { throw RPCError(error) }
        return RunRm.Reply(run: id)
    }
}
