import Catalog
import ControlAPI
import Domain
import Logging
import Transport

/// How long an accepted part waits for the word to begin.
private let beginLimit = Duration.seconds(60)

/// All runs in which this node has a seat, and what peers ask about them.
actor RunSupervisor {
    nonisolated let world: RunWorld
    private var parts: [RunID: LocalRun] = [:]

    init(_ world: RunWorld) { self.world = world }

    /// Answers peers from now on; call it before the network starts.
    nonisolated func serve() {
        let network = world.network
        network.handle(RunPrepareCall.self) { [weak self] node, request throws(PeerRefusal) in
            try await refusing { () async throws(RPCError) in
                try await self.orStopping().prepare(request, from: node)
            }
        }
        network.handle(RunBeginCall.self) { [weak self] _, request throws(PeerRefusal) in
            let isBegun = await self?.begin(request) ?? false
            return RunBeginCall.Reply(isBegun: isBegun)
        }
        network.handle(RunStopCall.self) { [weak self] _, request throws(PeerRefusal) in
            RunKnownReply(isKnown: await self?.stop(request) ?? false)
        }
        network.handle(RunLeavingCall.self) { [weak self] node, request throws(PeerRefusal) in
            RunKnownReply(isKnown: await self?.note(request, from: node) ?? false)
        }
        network.handle(RunAbortCall.self) { [weak self] _, request throws(PeerRefusal) in
            RunKnownReply(isKnown: await self?.abort(request) ?? false)
        }
        network.handle(RunAgreedCall.self) { [weak self] _, request throws(PeerRefusal) in
            let isKnown = await self?.learn(request) ?? false
            return RunKnownReply(isKnown: isKnown)
        }
        network.handle(RunFetchCall.self) { [weak self] _, request throws(PeerRefusal) in
            RunFetchCall.Reply(records: await self?.records(request.tenant, request.run) ?? [])
        }
        network.handle(RunCheckpointCall.self) { [world] _, request throws(PeerRefusal) in
            RunCheckpointCall.Reply(offer: await offer(request.run, request.tenant, in: world))
        }
        network.handle(RunLinesCall.self) { [world] _, request throws(PeerRefusal) in
            RunLinesCall.Reply(
                lines: await lines(of: request.run, request.tenant, request.tail, in: world)
            )
        }
        network.handle(RunPointsCall.self) { [world] _, request throws(PeerRefusal) in
            RunPointsCall.Reply(points: await points(of: request.run, request.tenant, in: world))
        }
        serveCheckpoints(in: world)
    }

    /// Takes up what an earlier process left: its parts are over, and their ends are agreed on.
    func recover() async {
        let left = try? await world.store.perform { database throws(CatalogError) in
            try database.unfinishedRuns()
        }
        for record in left ?? [] {
            guard let rank = record.plan.rank(of: world.node),
                let manifest = try? await world.data.manifest(record.plan.dataset, record.tenant)
            else { continue }
            let request = RunPrepareCall.Request(
                record: record,
                digest: digest(of: record.plan),
                dataset: manifest
            )
            guard let part = try? LocalRun(request, rank: rank, in: world) else { continue }
            parts[record.id] = part
            await part.recover()
        }
    }

    /// Lets runs stop with a checkpoint, for at most `limit`, in the name of this node.
    func drain(within limit: Duration) async {
        let active = Array(parts.values)
        let deadline = Deadline.after(limit)
        await withTaskGroup(of: Void.self) { group in
            for part in active { group.addTask { await part.leave() } }
        }
        for part in active {
            await look(until: deadline) { await !part.isBusy }
            // Where a majority is there it takes a moment to agree, and this node should know.
            await look(until: .earlier(deadline, .after(.seconds(1)))) { await part.isOver }
            await look(until: deadline) { await !part.isBusy }
        }
    }

    private func look(until deadline: Deadline, for fact: () async -> Bool) async {
        while await !fact(), !deadline.hasPassed {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Accepts a seat: the data are here, the plan is on the disk.
    func prepare(
        _ request: RunPrepareCall.Request,
        from node: NodeID
    ) async throws(RPCError) -> RunPrepareCall.Reply {
        let plan = request.record.plan
        guard plan.coordinator == node, digest(of: plan) == request.digest else {
            throw RPCError(.refused, "the plan is not its coordinator's", node: world.node)
        }
        guard let rank = plan.rank(of: world.node) else {
            throw RPCError(.refused, "this node has no seat in \(plan.run)", node: world.node)
        }
        await parts[plan.run]?.awaitMending()
        try await checkData(request, rank)
        do throws(CatalogError) {
            try await world.store.perform { database throws(CatalogError) in
                try database.obey(request.record)
            }
        } catch { throw RPCError(error) }
        if let old = parts[plan.run] { await old.handle(.higherGeneration) }
        let part: LocalRun
        do throws(TransportError) {
            part = try LocalRun(request, rank: rank, in: world)
        } catch { throw RPCError(.failed, "\(error)", node: world.node) }
        parts[plan.run] = part
        forgetOld()
        Task { await part.awaitBegin(within: beginLimit) }
        return RunPrepareCall.Reply(node: world.node)
    }

    private func checkData(
        _ request: RunPrepareCall.Request,
        _ rank: Rank
    ) async throws(RPCError) {
        // Whoever coordinates has checked it too; these are our own rows.
        try refusing { () throws(RunSpecError) in
            try checkLocal(
                request.record.spec,
                on: request.dataset,
                validation: request.validation
            )
        }
        let seat = request.record.plan.seats[rank.index]
        for index in seat.shards {
            close(try await world.data.shard(index, of: request.dataset))
        }
        guard let validation = request.validation else { return }
        for index in seat.validationShards {
            close(try await world.data.shard(index, of: validation))
        }
    }

    /// Begins a prepared part.
    func begin(_ request: RunBeginCall.Request) async -> Bool {
        guard let part = part(request.run, request.generation) else { return false }
        await part.begin(key: request.key)
        return true
    }

    /// Asks a part to stop at its next step, with a checkpoint.
    func stop(_ request: RunStopCall.Request) async -> Bool {
        guard let part = part(request.run, request.generation) else { return false }
        part.control.stop()
        return true
    }

    /// Ends a part at once.
    func abort(_ request: RunAbortCall.Request) async -> Bool {
        guard let part = part(request.run, request.generation) else { return false }
        await part.handle(.abort(request.cause))
        return true
    }

    private func note(_ request: RunLeavingCall.Request, from node: NodeID) async -> Bool {
        guard let part = part(request.run, request.generation) else { return false }
        part.noteLeaving(of: node)
        return true
    }

    private func learn(_ request: RunAgreedCall.Request) async -> Bool {
        guard let part = part(request.run, request.generation) else { return false }
        await part.learn(request.ending)
        return true
    }

    private func part(_ run: RunID, _ generation: Generation) -> LocalRun? {
        guard let part = parts[run], part.generation == generation else { return nil }
        return part
    }

    /// What is going on here: the live record where there is one, else the catalogue's.
    func records(_ tenant: TenantID, _ run: RunID?) async -> [RunRecord] {
        var found: [RunRecord] = []
        for (id, part) in parts where part.tenant == tenant && (run == nil || run == id) {
            let record = await part.record
            if run != nil || record.status != .ended || record.isProvisional {
                found.append(record)
            }
        }
        if let run, found.isEmpty {
            let record = try? await world.store.perform { database throws(CatalogError) in
                try database.run(run, for: .daemon(of: tenant))
            }
            found = record.map { [$0] } ?? []
        }
        return found
    }

    /// Whether a run of this node reads the dataset now.
    func isReading(_ version: ContentHash) async -> Bool {
        for part in parts.values {
            let record = await part.record
            let versions = [record.plan.dataset, record.plan.validationDataset]
            if record.status != .ended, versions.contains(version) { return true }
        }
        return false
    }

    private func forgetOld() {
        guard parts.count > 256 else { return }
        Task {
            for (id, part) in parts where parts.count > 128 {
                if await part.isOver, await !part.isBusy { parts[id] = nil }
            }
        }
    }
}

extension Optional where Wrapped == RunSupervisor {
    fileprivate func orStopping() throws(RPCError) -> RunSupervisor {
        guard let self else { throw RPCError(.notReady, "the daemon is stopping") }
        return self
    }
}

extension Caller {
    /// The daemon itself, when it looks after a tenant's objects.
    static func daemon(of tenant: TenantID) -> Caller {
        Caller(uid: 0, tenant: tenant, role: .clusterOperator)
    }
}

/// Runs `body` for a peer.
func refusing<Value>(
    _ body: () async throws(RPCError) -> Value
) async throws(PeerRefusal) -> Value {
    do throws(RPCError) { return try await body() } catch { throw PeerRefusal(error) }
}
