import Datasets
import Domain
import Learning
import LinearAlgebra
import Training
import Wire
import WorkerLink

/// Reads files as the model's data were read, and writes what the model says of each row.
func predict(_ work: WorkerJob, _ channel: WorkerChannel) throws(WorkerFailure) {
    let job = try reading { () throws(WireError) in try PredictionJob(payload: work.payload) }
    let model = try reading { () throws(WireError) in try ModelJob(payload: job.model) }
    let count = job.files.count
    guard work.descriptors.count == count + 3 else {
        throw WorkerFailure(code: "bad_job", message: "the job is not complete")
    }
    let (staging, shard) = (work.descriptors[count], work.descriptors[count + 1])
    let reporter = ImportReporter(channel, work.memory)
    let rows = try data { () throws(DatasetError) in
        let staged = try Importer.read(
            files(job.files, work.descriptors),
            options: job.options,
            staging: staging,
            progress: reporter.heard
        )
        let written = try staged.writeInOrder(to: shard, progress: reporter.heard)
        return try MappedShardReader(
            descriptor: shard,
            layout: written.layout,
            hash: written.hash,
            classes: model.shape.classes,
            name: job.files.joined(separator: ", ")
        )
    }
    var output = PredictionWriter(job, to: work.descriptors[count + 2])
    let scorer = makeScorer(model.shape, words: model.words)
    let isReal = model.shape.classes == 0
    try rowsRead { () throws(RowSourceError) in
        try Training.predict(rows, by: scorer, isReal: isReal) { predictions in
            work.memory?.tick()
            output.append(predictions)
        }
    }
    try output.finish()
    let outcome = PredictionOutcome(rows: rows.rows)
    try overSeam { () throws(WorkerError) in try channel.finish(metadata: outcome.bytes) }
}
