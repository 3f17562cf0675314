import Domain
import Learning
import LinearAlgebra
import Training
import Wire
import WorkerLink

/// Measures a model on shards, or ranks their rows; the sums or the sorted scores are the result.
func evaluate(_ work: WorkerJob, _ channel: WorkerChannel) throws(WorkerFailure) {
    let job = try reading { () throws(WireError) in try ModelJob(payload: work.payload) }
    guard work.descriptors.count == job.shards.count else {
        throw WorkerFailure(code: "bad_job", message: "the job is not complete")
    }
    let form = RowForm(job.shape, isSparse: false)
    let mapped = try mapShards(
        job.shards,
        work.descriptors[...],
        form,
        memoryLimit: work.memoryLimit
    )
    let rows = TickingRows(mapped, work.memory)
    let scorer = makeScorer(job.shape, words: job.words)
    if let request = job.ranking {
        let bytes = try rowsRead { () throws(RowSourceError) in
            try Training.rank(scorer, of: job.shape, request, on: rows)
        }
        return try overSeam { () throws(WorkerError) in try channel.finish(metadata: bytes) }
    }
    let sums = try rowsRead { () throws(RowSourceError) in
        try Training.evaluate(
            scorer,
            classes: job.shape.classes,
            on: rows
        )
    }
    var writer = ByteWriter()
    writer.writeArray(sums.values) { writer, value in writer.write(value) }
    try overSeam { () throws(WorkerError) in try channel.finish(metadata: writer.bytes) }
}
