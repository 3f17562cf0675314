import Catalog
import ControlAPI
import Domain
import Logging
import Transport

/// How long a run may take to stop once it was asked to.
private let stopLimit = Duration.seconds(300)

/// Leads one sweep: starts its runs, stops those that fall behind, trains the best once more.
///
/// All that decides is in the machine; what must not be forgotten is in the record, which is
/// stored whenever it changes. The runs are runs like any other.
actor SweepDriver {
    private(set) var record: SweepRecord
    private let directory: RunDirectory
    private var machine: SweepMachine
    private var refusal: RPCError?

    private var world: RunWorld { directory.supervisor.world }

    init(_ record: SweepRecord, _ directory: RunDirectory) {
        self.record = record
        self.directory = directory
        machine = SweepMachine(record.spec)
    }

    /// Leads it until it has ended, cannot go on, or the task is cancelled; runs are then stopped.
    func lead() async {
        let runs = await runsSoFar()
        machine = Daemon.machine(of: record, after: runs)
        if runs.contains(where: {
            $0.spec.sweep?.isFinal == true && $0.result?.outcome.isSuccess == true
        }) {
            return await close(trouble: nil)
        }
        await withTaskGroup(of: Void.self) { group in
            while !Task.isCancelled, refusal == nil {
                switch machine.next() {
                case .start(let job): group.addTask { await self.carryOut(job) }
                case .wait: await group.next()
                case .crown(let trial): await crown(trial)
                case .end: return await close(trouble: nil)
                case .fail(let reason): return await close(trouble: reason)
                }
            }
            group.cancelAll()
        }
        if let refusal, !Task.isCancelled { await pause(because: refusal) }
    }

    /// The sweep's runs of former times; those that still go on are stopped and run again.
    private func runsSoFar() async -> [RunRecord] {
        let caller = record.startedBy
        let all = (try? await directory.all(for: caller, within: patientLimit)) ?? []
        let mine = all.filter { $0.spec.sweep?.sweep == record.id }
        for run in mine where run.status != .ended { await stopAndWait(run) }
        return mine
    }

    private func carryOut(_ job: SweepMachine.Job) async {
        do throws(RPCError) {
            let run = try await directory.supervisor.start(spec(of: job), for: record.startedBy)
            let ended = await follow(run, job)
            guard !Task.isCancelled else { return }
            let outcome = ended.result?.outcome
            machine.ended(
                job,
                score(of: ended, by: record.spec.metric ?? .accuracy),
                because: outcome?.rawValue ?? "without an outcome"
            )
            await noteBehind()
        } catch {
            machine.ended(job, nil, because: error.message)
            refusal = refusal ?? error
        }
    }

    private func spec(of job: SweepMachine.Job) -> RunSpec {
        let trial = record.spec.trials[job.trial - 1]
        var spec = trial.spec
        spec.name = nil
        if let fold = job.fold, let count = record.spec.folds {
            spec.fold = Fold(index: fold, count: count)
            spec.validationSplit = nil
        }
        spec.sweep = SweepTag(
            sweep: record.id,
            trial: job.trial,
            options: trial.options,
            keepsModel: record.spec.keepsModels
        )
        return spec
    }

    /// Trains the best trial once more, on all the rows that may be trained on, and keeps it.
    private func crown(_ number: Int) async {
        let trial = record.spec.trials[number - 1]
        var spec = trial.spec
        spec.name = record.spec.name
        spec.sweep = SweepTag(
            sweep: record.id,
            trial: number,
            options: trial.options,
            isFinal: true,
            keepsModel: true
        )
        do throws(RPCError) {
            let run = try await directory.supervisor.start(spec, for: record.startedBy)
            let ended = await follow(run, nil)
            guard !Task.isCancelled, let result = ended.result, !result.outcome.isSuccess else {
                return
            }
            refusal = RPCError(
                .failed,
                "the last run, \(run.id), ended \(result.outcome.rawValue)",
                hint: "see why with 'distmlctl explain \(run.id)'"
            )
        } catch { refusal = error }
    }

    /// Waits for a run's end; stops it once it has fallen behind or the sweep is to stop.
    private func follow(_ run: RunRecord, _ job: SweepMachine.Job?) async -> RunRecord {
        var now = run
        var provisionalSince: Deadline?
        while true {
            if now.status == .ended {
                guard now.isProvisional else { return now }
                let deadline = provisionalSince ?? .after(.seconds(15))
                provisionalSince = deadline
                if deadline.hasPassed { return now }
            }
            try? await Task.sleep(for: .milliseconds(100))
            if Task.isCancelled {
                await stopAndWait(now)
                return now
            }
            now = await directory.refresh(now)
            guard let job, now.status == .running, let rung = machine.nextRung(of: job),
                let loss = await loss(of: now, after: rung)
            else { continue }
            if machine.reached(job, epochs: rung, loss: loss) { _ = await directory.askToStop(now) }
        }
    }

    /// The loss that a run had after so many epochs; nil where it has not got there.
    private func loss(of run: RunRecord, after epochs: Int) async -> Double? {
        guard let progress = run.progress, progress.epoch >= Double(epochs) else { return nil }
        let id = run.id
        let caller = record.startedBy
        let points = try? await world.store.perform { database throws(CatalogError) in
            try database.points(of: id, for: caller)
        }
        return (points?.first { $0.epoch >= Double(epochs) } ?? progress).loss
    }

    /// Not hindered by the cancellation of the task that asks.
    private func stopAndWait(_ run: RunRecord) async {
        let directory = directory
        await Task {
            _ = await directory.askToStop(run)
            let deadline = Deadline.after(stopLimit)
            var now = run
            while now.status != .ended, !deadline.hasPassed {
                try? await Task.sleep(for: .milliseconds(100))
                now = await directory.refresh(now)
            }
        }.value
    }

    private func noteBehind() async {
        guard machine.behind != record.behind else { return }
        record.behind = machine.behind
        await save()
    }

    private func close(trouble: String?) async {
        record.trouble = trouble
        record.isActive = false
        record.endedAt = wallClockSeconds()
        record.behind = machine.behind
        await save()
    }

    private func pause(because error: RPCError) async {
        record.trouble = "\(error)" + (error.hint.map { " (\($0))" } ?? "")
        record.isActive = false
        await save()
    }

    /// Notes that it was stopped.
    func markStopped() async {
        guard record.endedAt == nil else { return }
        record.isActive = false
        record.behind = machine.behind
        await save()
    }

    private func save() async {
        let record = record
        do throws(CatalogError) {
            try await world.store.perform { database throws(CatalogError) in
                try database.put(record)
            }
        } catch {
            world.log.error("sweep not stored", metadata: ["reason": "\(error)"])
        }
    }
}
