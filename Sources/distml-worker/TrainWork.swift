import Domain
import Learning
import LinearAlgebra
import Training
import Wire
import WorkerLink

/// Takes one seat of a run, to its end.
///
/// The descriptors are those of the shards, then those of the validation shards.
func train(_ work: WorkerJob, _ channel: WorkerChannel) throws(WorkerFailure) {
    let job = try reading { () throws(WireError) in try TrainingJob(payload: work.payload) }
    guard let memory = work.memory,
        work.descriptors.count == job.shards.count + job.validation.count
    else { throw WorkerFailure(code: "bad_job", message: "the job is not complete") }
    let arena = SharedArena(memory)
    let reporter = TrainingReporter(channel: channel, arena: arena)
    let rows = try mapShards(
        job.shards,
        work.descriptors.prefix(job.shards.count),
        RowForm(job.task),
        memoryLimit: work.memoryLimit
    )
    let validation = try mapShards(
        job.validation,
        work.descriptors.suffix(job.validation.count),
        RowForm(job.task),
        memoryLimit: work.memoryLimit
    )
    let trainer = Trainer(
        task: job.task,
        rows: TickingRows(rows, memory),
        validation: job.isValidated ? TickingRows(validation, memory) : nil,
        reducer: try makeReducer(job, channel, arena),
        observer: reporter,
        memoryLimit: work.memoryLimit
    )
    let checkpoint = try reading { () throws(WireError) in
        job.checkpoint.isEmpty ? nil : try TrainingCheckpoint(bytes: job.checkpoint)
    }
    try reporter.finish(try run(trainer, from: checkpoint))
}

private func run(
    _ trainer: Trainer,
    from checkpoint: TrainingCheckpoint?
) throws(WorkerFailure) -> TrainingOutput {
    do { return try trainer.run(from: checkpoint) } catch { throw WorkerFailure(error) }
}

/// A seat alone sums without the ring, to the same bits.
private func makeReducer(
    _ job: TrainingJob,
    _ channel: WorkerChannel,
    _ arena: SharedArena
) throws(WorkerFailure) -> any Reducer {
    guard job.worldSize > 1 else { return LoneReducer() }
    return try overSeam { () throws(WorkerError) in
        try WorkerReducer(
            rank: job.rank,
            worldSize: job.worldSize,
            channel: channel,
            arena: arena,
            carriedBytes: job.task.carriedBytes
        )
    }
}
