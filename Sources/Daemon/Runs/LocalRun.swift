import Catalog
import ControlAPI
import Datasets
import Domain
import Logging
import Registers
import Synchronization
import TLSTransport
import Transport

/// This node's part in one generation of a run: `RunMachine` decides, this does it.
actor LocalRun {
    nonisolated let id: RunID
    nonisolated let tenant: TenantID
    nonisolated let generation: Generation
    nonisolated let control: RunControl

    let world: RunWorld
    let prepared: RunPrepareCall.Request
    let rank: Rank
    var record: RunRecord
    private var machine = RunMachine()
    private var key: [UInt8] = []
    private var training: Task<Void, Never>?
    private var made: MadeModel?
    private var attempts = 0
    private var storedAt: Int64 = 0
    private var mending: Task<Void, Never>?
    private var missedCheckpoints = 0
    /// Whether the agreed end lies on the disk, and a model before it.
    var isStored = false
    /// What writes the record to the catalogue, and whether there is something new in it.
    var writing: Task<Void, Never>?
    var isUnsaved = false
    /// Points of the curve that the catalogue does not have yet.
    private var unsaved: [RunProgress] = []

    /// A part that has been accepted and is on the disk.
    init(
        _ prepared: RunPrepareCall.Request,
        rank: Rank,
        in world: RunWorld
    ) throws(TransportError) {
        self.prepared = prepared
        self.world = world
        self.rank = rank
        record = prepared.record
        id = record.id
        tenant = record.tenant
        generation = record.plan.generation
        control = try RunControl()
    }

    /// Whether nothing is left to do here.
    var isOver: Bool {
        switch machine.state {
        case .final, .superseded: true
        case .prepared, .running, .deciding: false
        }
    }

    /// Whether something goes on here that a daemon which ends should wait for; nobody can say how
    /// long a majority takes to agree.
    var isBusy: Bool {
        switch machine.state {
        case .prepared, .running: true
        case .final: !isStored
        case .deciding, .superseded: false
        }
    }

    /// Starts worker and ring.
    func begin(key: [UInt8]) {
        self.key = key
        handle(.begin)
    }

    /// Gives up a part that is not begun: because a seat was lost meanwhile, or after `limit`.
    func awaitBegin(within limit: Duration) async {
        let deadline = Deadline.after(limit)
        while machine.state == .prepared {
            if let cause = lostSeat {
                handle(.localEnd(lost(RunFailure(cause: cause))))
            } else if deadline.hasPassed {
                let reason = "node \(record.plan.coordinator) never began the run"
                let cause = Cause(node: world.node, rank: rank, reason: failurePrefix + reason)
                handle(.localEnd(lost(RunFailure(cause: cause))))
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Continues a part whose process is gone: all that is left is to say so.
    func recover() {
        handle(.begin, isReal: false)
        let cause = Cause(
            node: world.node,
            rank: rank,
            step: record.progress?.step,
            reason: "the daemon was restarted during the run"
        )
        handle(.localEnd(lost(RunFailure(cause: cause))))
    }

    func handle(_ event: RunMachine.Event) { handle(event, isReal: true) }

    private func handle(_ event: RunMachine.Event, isReal: Bool) {
        for action in machine.handle(event) where isReal || action != .start { perform(action) }
    }

    private func perform(_ action: RunMachine.Action) {
        switch action {
        case .start:
            record.status = .running
            training = Task { await self.train() }
        case .halt(let cause): control.abort(cause)
        case .propose(let result):
            show(result)
            Task { await self.propose(result) }
        case .retryLater:
            Task {
                try? await Task.sleep(for: .seconds(1))
                self.handle(.retry)
            }
        case .publish(let result):
            logEnd(result)
            publish(result)
        case .forget: control.abort(Cause(node: nil, reason: "another generation took over"))
        }
    }

    private func train() async {
        note("info", "seated as \(rank) of \(record.plan.worldSize), generation \(generation)")
        logBegin()
        let end = await runSeat(key: key)
        storePoints()
        var result: RunResult
        switch end {
        case .success(let finished):
            made = finished.model
            result = finished.result
        case .failure(let failure):
            result = lost(failure)
            mend(after: failure.cause)
        }
        result = explained(result)
        if let cause = result.cause {
            note(result.outcome == .stopped ? "warning" : "error", "\(cause)")
        }
        handle(.localEnd(result))
    }

    /// Looks after the shards of this node where one proved damaged, so that `resume` finds whole
    /// ones.
    private func mend(after cause: Cause) {
        let word = failurePrefix + DatasetError.Code.dataCorrupt.rawValue
        guard cause.node == world.node, cause.reason.hasPrefix(word) else { return }
        let manifests = [prepared.dataset, prepared.validation].compactMap(\.self)
        mending = Task { [world] in
            for manifest in manifests { await world.data.mend(manifest) }
        }
    }

    /// Returns once no shard is being mended.
    func awaitMending() async { await mending?.value }

    /// The result that a broken run has on this node.
    private func lost(_ failure: RunFailure) -> RunResult {
        let cause = failure.cause
        let isFailure = cause.reason.hasPrefix(failurePrefix)
        var result = RunResult(
            outcome: isFailure ? .failed : .nodesLost,
            rule: isFailure ? "the run failed" : "a node or its worker was lost",
            cause: cause
        )
        result.epochs = record.progress?.epoch ?? 0
        result.steps = record.progress?.step ?? 0
        result.loss = record.progress?.loss
        result.wallSeconds = record.progress?.seconds ?? 0
        result.rowsPerSecond = record.progress?.rowsPerSecond ?? 0
        result.bytesSentPerNode = failure.bytesSent
        return result
    }

    /// Shows this node's own view until there is an agreed one.
    private func show(_ result: RunResult) {
        record.status = .ended
        record.result = result
        record.isProvisional = true
        record.endedAt = record.endedAt ?? wallClockSeconds()
        keep()
    }

    /// Stores what was agreed; until it lies on the disk the end stays provisional.
    private func publish(_ result: RunResult) {
        note("info", "ended: \(result.outcome.rawValue), \(result.rule)")
        Task {
            // Others may have agreed while this seat was still taking down its worker.
            await training?.value
            let model = made
            made = nil
            await self.finish(result, model)
        }
    }

    func fields(_ error: any Error) -> Logger.Metadata {
        ["run": "\(id)", "reason": "\(error)"]
    }

    /// Appends a line to the run's log on this node.
    func note(_ level: String, _ text: String) {
        let line = RunLogLine(
            time: wallClockSeconds(),
            node: world.node,
            level: level,
            text: text
        )
        Task { [world, id, tenant] in
            try? await world.store.perform { database throws(CatalogError) in
                try database.append(line, to: id, of: tenant)
            }
        }
    }
}

extension LocalRun {
    /// Takes a point of the curve; once a second the catalogue gets those of whole epochs, or one.
    func progressed(_ progress: RunProgress) {
        record.progress = progress
        let now = monotonicNanoseconds()
        let isDue = now - storedAt > 1_000_000_000
        if isDue || progress.isWholeEpoch { unsaved.append(progress) }
        guard isDue else { return }
        storedAt = now
        storePoints()
        keep()
    }

    /// Hands the catalogue what it lacks of the curve.
    private func storePoints() {
        guard !unsaved.isEmpty else { return }
        let (id, tenant, points) = (id, tenant, unsaved)
        unsaved = []
        Task { [world] in
            try? await world.store.perform { database throws(CatalogError) in
                try database.append(points, to: id, of: tenant)
            }
        }
    }

    /// Takes the line that says what was chosen.
    func chose(_ line: String) {
        let tells = prepared.dataset.isLocal && record.plan.worldSize > 1
        let line = tells ? "\(line) · \(localDataNote)" : line
        guard record.choices != line else { return }
        record.choices = line
        if rank.index == 0 { note("info", line) }
        keep()
    }

    /// Takes the step of a checkpoint that lies on the disk.
    func saved(step: Int) {
        record.checkpointStep = step
        if missedCheckpoints > 0 {
            note("warning", "\(missedCheckpoints) checkpoints before step \(step) were not stored")
            missedCheckpoints = 0
        }
        // All ranks save at the same steps: one line tells it.
        if rank.index == 0 { note("info", "checkpoint at step \(step)") }
        keep()
    }

    /// Takes a checkpoint that could not be stored: the run goes on, the last good one is there.
    func missedCheckpoint(because error: RPCError) {
        missedCheckpoints += 1
        // Once is enough for an alarm; the number follows with the next one that is stored.
        guard missedCheckpoints == 1 else { return }
        world.log.error("checkpoint not stored", metadata: fields(error))
        note("error", "checkpoint not stored: \(error)")
    }

    /// Asks the register what became of the run, and writes this node's view if nothing is there.
    private func propose(_ result: RunResult) async {
        attempts += 1
        // The first rank goes first; the others come in its wake if it does not.
        if attempts == 1, rank.index > 0 {
            try? await Task.sleep(for: .milliseconds(250 * rank.index))
            guard !isOver else { return }
        }
        let ending = RunEnding(result: result, endedAt: record.endedAt ?? wallClockSeconds())
        switch await agree(on: ending, of: record.plan, in: world) {
        case .agreed(let agreed, let isOurs):
            record.endedAt = agreed.endedAt
            handle(.agreed(agreed.result))
            if isOurs {
                await tellOthers(
                    RunAgreedCall.self,
                    RunAgreedCall.Request(run: id, generation: generation, ending: agreed)
                )
            }
        case .superseded: handle(.higherGeneration)
        case .unreachable(let reason):
            world.log.warning("outcome not agreed yet", metadata: fields(reason))
            handle(.unreachable)
        }
    }

    /// Takes the agreed end as another node tells it.
    func learn(_ ending: RunEnding) {
        record.endedAt = ending.endedAt
        handle(.agreed(ending.result))
    }
}

/// How a reason begins that is the worker's own word: the run failed, no node was lost.
let failurePrefix = "failure "

/// A cause as an error, for `Result`, and what was sent until then.
struct RunFailure: Error {
    let cause: Cause
    var bytesSent = 0
}

/// What a seat hands over at its end.
struct SeatResult: Sendable {
    var result: RunResult
    var model: MadeModel?
}

/// A model as a worker made it: its words, and how they are to be read.
struct MadeModel: Sendable {
    var shape: ModelShape
    var words: [Float]
}
