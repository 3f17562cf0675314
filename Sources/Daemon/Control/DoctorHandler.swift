import ControlAPI
import Domain

/// Looks at everything that commonly goes wrong on this node.
struct DoctorHandler: Handler {
    typealias M = Doctor
    let directory: NodeDirectory

    func handle(
        _ params: Doctor.Params,
        for call: ControlCall
    ) async throws(RPCError) -> Doctor.Reply {
        await directory.examine()
    }
}
