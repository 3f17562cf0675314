import Catalog
import ControlAPI
import Domain
import Registers
import TLSTransport

/// How long a participant may take to look at its data, and to fetch what it lacks.
private let prepareLimit = Duration.seconds(600)

extension RunSupervisor {
    /// A run as it would be started: checked, with its data and its seats.
    struct Draft {
        let dataset: DatasetManifest
        let validation: DatasetManifest?
        let seats: [Seat]
    }

    /// Checks what is asked, and starts nothing.
    func draft(_ spec: RunSpec, for caller: Caller) async throws(RPCError) -> Draft {
        let dataset = try await world.data.dataset(spec.dataset, for: caller)
        try refusing { () throws(RunSpecError) in try check(spec, on: dataset) }
        var validation: DatasetManifest?
        if let name = spec.validationDataset {
            let other = try await world.data.dataset(name, for: caller)
            try refusing { () throws(RunSpecError) in
                try checkAgreement(of: other, with: dataset)
            }
            validation = other
        }
        try refusing { () throws(RunSpecError) in
            try checkLocal(spec, on: dataset, validation: validation)
        }
        if let name = spec.name, await world.data.hasModel(name, for: caller) {
            throw RPCError(
                .conflict,
                "a model called '\(name)' exists",
                hint: "choose another --name"
            )
        }
        let seats = try seats(for: spec, dataset, validation)
        try refusing { () throws(RunSpecError) in
            try checkSplit(of: spec, on: dataset, seats: seats)
        }
        return Draft(dataset: dataset, validation: validation, seats: seats)
    }

    /// Starts a run that this node coordinates; returns once all participants have begun.
    func start(_ spec: RunSpec, for caller: Caller) async throws(RPCError) -> RunRecord {
        let draft = try await draft(spec, for: caller)
        let (dataset, validation, seats) = (draft.dataset, draft.validation, draft.seats)
        var generator = SystemRandomNumberGenerator()
        let plan = RunPlan(
            run: RunID.random(using: &generator),
            tenant: caller.tenant,
            generation: Generation(1),
            coordinator: world.node,
            seats: seats,
            dataset: dataset.version,
            validationDataset: validation?.version
        )
        let record = RunRecord(
            id: plan.run,
            tenant: caller.tenant,
            spec: spec,
            plan: plan,
            startedBy: caller.uid,
            startedAt: wallClockSeconds()
        )
        let register = RunRegister(
            tenant: caller.tenant,
            generation: plan.generation,
            coordinator: world.node,
            seats: seats.map(\.node)
        )
        try await claim(register, of: plan, expecting: 0)
        let request = RunPrepareCall.Request(
            record: record,
            digest: digest(of: plan),
            dataset: dataset,
            validation: validation
        )
        try await launch(request)
        return record
    }

    /// Goes on with a run that ended, from its newest checkpoint, in the next generation.
    func resume(
        _ record: RunRecord,
        for caller: Caller
    ) async throws(RPCError) -> RunRecord {
        let seats = record.plan.seats.map(\.node)
        for node in seats where node != world.node {
            if let view = world.network.view(of: node), view.state == .alive { continue }
            throw RPCError(
                .notReady,
                "a seat of \(record.id) is not alive",
                node: node,
                hint: "see 'distmlctl node ls'; resume when it is back"
            )
        }
        let (value, register) = try await readRegister(of: record.id, seats)
        try checkResumable(register, record)
        let dataset = try await world.data.manifest(record.plan.dataset, record.tenant)
        var validation: DatasetManifest?
        if let version = record.plan.validationDataset {
            validation = try await world.data.manifest(version, record.tenant)
        }
        let checkpoint = await bestCheckpoint(of: record, among: seats)
        var next = record
        next.plan.generation = register.generation.next
        next.plan.coordinator = world.node
        next.plan.resumeStep = checkpoint?.step
        next.status = .preparing
        next.result = nil
        next.isProvisional = false
        next.endedAt = nil
        next.model = nil
        try await claim(
            register.taken(over: world.node),
            of: next.plan,
            expecting: value.version
        )
        let request = RunPrepareCall.Request(
            record: next,
            digest: digest(of: next.plan),
            dataset: dataset,
            validation: validation,
            checkpoint: checkpoint
        )
        try await launch(request)
        return next
    }

    private func readRegister(
        of run: RunID,
        _ seats: [NodeID]
    ) async throws(RPCError) -> (RegisterValue, RunRegister) {
        let value: RegisterValue?
        do throws(RegisterError) {
            value = try await world.registers.read(.run(run), of: .seats(seats))
        } catch { throw RPCError(error) }
        guard let value, let register = try? RunRegister(bytes: value.bytes) else {
            throw RPCError(.notFound, "nothing is agreed about \(run)")
        }
        return (value, register)
    }

    private func checkResumable(
        _ register: RunRegister,
        _ record: RunRecord
    ) throws(RPCError) {
        guard let ending = register.ending else {
            throw RPCError(
                .conflict,
                "\(record.id) has not ended",
                hint: "stop it first: distmlctl stop \(record.id)"
            )
        }
        if ending.outcome == .converged {
            throw RPCError(.conflict, "\(record.id) has converged; there is nothing to resume")
        }
        if ending.outcome == .limitReached {
            throw RPCError(
                .conflict,
                "\(record.id) has reached its limit and has its model, which never changes",
                hint: "start a run with a higher limit: --epochs, --steps or --max-time"
            )
        }
        if ending.outcome == .diverged {
            throw RPCError(
                .conflict,
                "\(record.id) diverged, and would again",
                hint: ending.cause.map { "\($0.reason)" }
            )
        }
    }

    private func seats(
        for spec: RunSpec,
        _ dataset: DatasetManifest,
        _ validation: DatasetManifest?
    ) throws(RPCError) -> [Seat] {
        var members: [(node: NodeID, trouble: String?)] = [(world.node, nil)]
        for view in world.network.views {
            let trouble = view.state == .alive ? nil : view.reason ?? "\(view.state)"
            members.append((view.node, trouble))
        }
        members.sort { $0.node < $1.node }
        let assignment = SeatAssignment(members: members)
        do throws(SeatError) {
            let nodes = try assignment.nodes(for: spec, of: dataset)
            let shards = try assignment.shards(of: dataset, for: nodes)
            let held = try validation.map { other throws(SeatError) in
                try assignment.shards(of: other, for: nodes)
            }
            return nodes.indices.map {
                Seat(node: nodes[$0], shards: shards[$0], validationShards: held?[$0] ?? [])
            }
        } catch {
            let hint = error.isUsage ? "leave --nodes out" : "see 'distmlctl node ls'"
            throw RPCError(error.code, "\(error)", hint: hint)
        }
    }

    private func claim(
        _ register: RunRegister,
        of plan: RunPlan,
        expecting version: UInt64
    ) async throws(RPCError) {
        do throws(RegisterError) {
            _ = try await world.registers.compareAndSet(
                .run(plan.run),
                expecting: version,
                to: register.bytes,
                of: .seats(plan.seats.map(\.node))
            )
        } catch { throw RPCError(error) }
    }

    /// The newest checkpoint that any seat has whole.
    private func bestCheckpoint(
        of record: RunRecord,
        among seats: [NodeID]
    ) async -> CheckpointOffer? {
        var best = await offer(record.id, record.tenant, in: world)
        for node in seats where node != world.node {
            let reply = try? await world.network.call(
                RunCheckpointCall.self,
                RunCheckpointCall.Request(tenant: record.tenant, run: record.id),
                on: node,
                within: .seconds(10)
            )
            if let found = reply?.offer, found.step > best?.step ?? -1 { best = found }
        }
        return best
    }

    /// Asks all seats, then tells all to begin; where one refuses, nothing is left behind.
    private func launch(_ request: RunPrepareCall.Request) async throws(RPCError) {
        let plan = request.record.plan
        do throws(RPCError) {
            try await onAllSeats(of: plan) { supervisor, node throws(RPCError) in
                try await supervisor.askToPrepare(request, node)
            }
            let key = randomBytes(32)
            let begin = RunBeginCall.Request(run: plan.run, generation: plan.generation, key: key)
            try await onAllSeats(of: plan) { supervisor, node throws(RPCError) in
                try await supervisor.tellToBegin(begin, node)
            }
        } catch {
            await withdraw(plan, because: error)
            throw error
        }
    }

    private func askToPrepare(
        _ request: RunPrepareCall.Request,
        _ node: NodeID
    ) async throws(RPCError) {
        guard node != world.node else {
            _ = try await prepare(request, from: node)
            return
        }
        do throws(PeerError) {
            _ = try await world.network.call(
                RunPrepareCall.self,
                request,
                on: node,
                within: prepareLimit
            )
        } catch { throw RPCError(error) }
    }

    private func tellToBegin(
        _ request: RunBeginCall.Request,
        _ node: NodeID
    ) async throws(RPCError) {
        var isBegun = false
        if node == world.node {
            isBegun = await begin(request)
        } else {
            do throws(PeerError) {
                isBegun = try await world.network.call(
                    RunBeginCall.self,
                    request,
                    on: node,
                    within: .seconds(10)
                ).isBegun
            } catch { throw RPCError(error) }
        }
        guard isBegun else {
            throw RPCError(.failed, "it does not know \(request.run) any more", node: node)
        }
    }

    private func onAllSeats(
        of plan: RunPlan,
        _ body:
            @escaping @Sendable (RunSupervisor, NodeID) async throws(RPCError) -> Void
    ) async throws(RPCError) {
        let failure = await withTaskGroup(of: RPCError?.self) { group in
            for seat in plan.seats {
                group.addTask { [self] in
                    do throws(RPCError) {
                        try await body(self, seat.node)
                        return nil
                    } catch { return error }
                }
            }
            var first: RPCError?
            for await failure in group { first = first ?? failure }
            return first
        }
        if let failure { throw failure }
    }

    /// Ends a generation that did not come to be, on every seat that can be reached.
    private func withdraw(_ plan: RunPlan, because error: RPCError) async {
        let cause = Cause(
            node: error.node,
            reason: failurePrefix + "it could not be started: \(error.message)"
        )
        let result = RunResult(outcome: .failed, rule: "it could not be started", cause: cause)
        _ = await agree(
            on: RunEnding(result: result, endedAt: wallClockSeconds()),
            of: plan,
            in: world
        )
        let abort = RunAbortCall.Request(run: plan.run, generation: plan.generation, cause: cause)
        for seat in plan.seats {
            if seat.node == world.node {
                _ = await self.abort(abort)
            } else {
                _ = try? await world.network.call(
                    RunAbortCall.self,
                    abort,
                    on: seat.node,
                    within: .seconds(2)
                )
            }
        }
    }
}

/// A refusal of options, for the person who typed them.
func refusing(_ body: () throws(RunSpecError) -> Void) throws(RPCError) {
    do throws(RunSpecError) { try body() } catch {
        throw RPCError(.badUsage, "\(error)", hint: error.hint)
    }
}
