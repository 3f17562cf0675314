import Catalog
import ControlAPI

/// Has each file made once, however many ask for it at the same time.
///
/// The seats of a run, the exchange and a caller may all want one file at the same moment; two
/// files for one thing would be work done twice, and one of them would lie there unused.
actor FileWorks {
    private typealias Work = Task<Result<StoredObject, RPCError>, Never>

    private var works: [String: Work] = [:]

    /// What `make` makes, or what an earlier call for the same `thing` is making already.
    ///
    /// `make` looks first whether the file is there by now.
    func once(
        _ thing: String,
        _ make: @escaping @Sendable () async throws(RPCError) -> StoredObject
    ) async throws(RPCError) -> StoredObject {
        if let work = works[thing] { return try await work.value.get() }
        let work = Work {
            do throws(RPCError) {
                return .success(try await make())
            } catch {
                return .failure(error)
            }
        }
        works[thing] = work
        let result = await work.value
        // Only the call that began it removes it, so a later work of that name is not lost.
        works[thing] = nil
        return try result.get()
    }
}
