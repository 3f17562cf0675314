import Catalog
import ControlAPI
import Domain
import Transport

/// How long the other nodes may take to appear before a sweep goes on without them.
private let settleLimit = Duration.seconds(60)

/// The sweeps that this node leads, and what other nodes want of them.
actor SweepKeeper {
    let directory: RunDirectory
    private var drives: [SweepID: Drive] = [:]

    private struct Drive {
        let driver: SweepDriver
        let task: Task<Void, Never>
    }

    private var world: RunWorld { directory.supervisor.world }

    init(_ directory: RunDirectory) { self.directory = directory }

    /// Answers peers from now on; call it before the network starts.
    nonisolated func serve() {
        let network = directory.supervisor.world.network
        network.handle(SweepFetchCall.self) { [weak self] _, request throws(PeerRefusal) in
            SweepFetchCall.Reply(records: await self?.records(of: request.tenant) ?? [])
        }
        network.handle(SweepOrderCall.self) { [weak self] _, request throws(PeerRefusal) in
            try await refusing { () async throws(RPCError) in
                guard let self else { throw RPCError(.notReady, "the daemon is stopping") }
                return SweepOrderCall.Reply(record: try await self.obey(request))
            }
        }
    }

    /// Goes on with what an earlier process of this node had begun.
    func recover() async {
        let left = try? await world.store.perform { database throws(CatalogError) in
            try database.activeSweeps()
        }
        guard let left, !left.isEmpty else { return }
        // A ring over those who happen to be there first would be another than before.
        Task {
            let deadline = Deadline.after(settleLimit)
            while world.network.views.contains(where: { $0.state != .alive }),
                !deadline.hasPassed
            {
                try? await Task.sleep(for: .milliseconds(200))
            }
            for record in left { drive(record) }
        }
    }

    /// Stops leading, without a note: the next process goes on.
    func drain() async {
        let all = drives.values
        for drive in all { drive.task.cancel() }
        for drive in all { await drive.task.value }
    }

    /// Checks every trial, then begins.
    func start(_ asked: SweepSpec, for caller: Caller) async throws(RPCError) -> SweepRecord {
        let spec = try await checked(asked, for: caller)
        var generator = SystemRandomNumberGenerator()
        let record = SweepRecord(
            id: SweepID.random(using: &generator),
            spec: spec,
            coordinator: world.node,
            caller: caller,
            startedAt: wallClockSeconds()
        )
        try await store(record)
        drive(record)
        return record
    }

    /// Does to a sweep of this node what was ordered.
    func obey(_ request: SweepOrderCall.Request) async throws(RPCError) -> SweepRecord {
        guard
            let record = await records(of: request.tenant).first(where: { $0.id == request.sweep })
        else {
            throw RPCError(.notFound, "no sweep is called '\(request.sweep)'", node: world.node)
        }
        switch request.order {
        case .stop: return try await stop(record)
        case .resume: return try await resume(record)
        }
    }

    private func stop(_ record: SweepRecord) async throws(RPCError) -> SweepRecord {
        guard let drive = drives[record.id], record.isActive else {
            throw RPCError(.conflict, "\(record.id) is not going on")
        }
        drive.task.cancel()
        await drive.task.value
        await drive.driver.markStopped()
        return await drive.driver.record
    }

    private func resume(_ record: SweepRecord) async throws(RPCError) -> SweepRecord {
        if record.isActive { throw RPCError(.conflict, "\(record.id) is going on") }
        if record.endedAt != nil {
            throw RPCError(
                .conflict,
                "\(record.id) has ended; there is nothing to resume",
                hint: "see it with 'distmlctl sweep show \(record.id)'"
            )
        }
        var next = record
        next.isActive = true
        next.trouble = nil
        try await store(next)
        drive(next)
        return next
    }

    private func drive(_ record: SweepRecord) {
        let driver = SweepDriver(record, directory)
        drives[record.id] = Drive(driver: driver, task: Task { await driver.lead() })
    }

    private func store(_ record: SweepRecord) async throws(RPCError) {
        do throws(CatalogError) {
            try await world.store.perform { database throws(CatalogError) in
                try database.put(record)
            }
        } catch { throw RPCError(error) }
    }

    /// The sweeps of a tenant that this node leads.
    func records(of tenant: TenantID) async -> [SweepRecord] {
        let stored = try? await world.store.perform { database throws(CatalogError) in
            try database.sweeps(for: .daemon(of: tenant))
        }
        return stored ?? []
    }
}
