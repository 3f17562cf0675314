import Catalog
import Domain
import Transport

/// The catalogue for async callers; every call runs on the store's own thread.
actor Store {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let database: Database
    private var beats: UInt64 = 0

    /// Takes over an open catalogue.
    init(_ database: sending Database) throws(TransportError) {
        executor = try ThreadExecutor(name: "store")
        self.database = database
    }

    /// Asks the catalogue, or has it changed; what was changed is on the disk when this returns.
    ///
    /// One call is one or several transactions of `Database`, and nobody else comes in between.
    func perform<Value: Sendable>(
        _ body: @Sendable (Database) throws(CatalogError) -> Value
    ) throws(CatalogError) -> Value {
        try body(database)
    }

    /// Runs that this node takes part in now; none where the catalogue cannot be read.
    func activeRuns(on node: NodeID) -> [RunID] {
        let runs = (try? database.unfinishedRuns()) ?? []
        return runs.filter { $0.status != .ended && $0.plan.rank(of: node) != nil }.map(\.id)
    }

    /// A number that grows with every call, and no call is answered while the disk hangs.
    func heartbeat() -> UInt64 {
        beats &+= 1
        return beats
    }
}
