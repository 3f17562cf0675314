import Datasets
import Transport
import Wire
import WorkerLink

/// Reads files and makes shards of them.
func importData(_ work: WorkerJob, _ channel: WorkerChannel) throws(WorkerFailure) {
    let job = try reading { () throws(WireError) in try ImportJob(payload: work.payload) }
    guard work.descriptors.count == job.files.count + 1 + job.shards else {
        throw WorkerFailure(code: "bad_job", message: "the job is not complete")
    }
    let reporter = ImportReporter(channel, work.memory)
    let outcome = try data { () throws(DatasetError) in
        let staged = try Importer.read(
            files(job.files, work.descriptors),
            options: job.options,
            staging: work.descriptors[job.files.count],
            progress: reporter.heard
        )
        let shards =
            job.shards == 0
            ? []
            : try staged.writeShards(
                to: Array(work.descriptors.suffix(job.shards)),
                seed: job.seed,
                progress: reporter.heard
            )
        return ImportOutcome(report: staged.report, shards: shards)
    }
    try overSeam { () throws(WorkerError) in try channel.finish(metadata: outcome.bytes) }
}

/// The files with their names, as they came.
func files(_ names: [String], _ descriptors: [Int32]) -> [ImportFile] {
    zip(names, descriptors).map { ImportFile(name: $0, descriptor: $1) }
}

/// Tells the daemon how an import goes, a few times a second.
final class ImportReporter {
    private let channel: WorkerChannel
    private let memory: SharedMemory?
    private var reportedAt: Int64?

    init(_ channel: WorkerChannel, _ memory: SharedMemory?) {
        self.channel = channel
        self.memory = memory
    }

    /// Takes one point; false once the daemon asked to stop.
    func heard(_ progress: ImportProgress) -> Bool {
        memory?.tick()
        let now = monotonicNanoseconds()
        guard reportedAt.map({ now - $0 >= 200_000_000 }) ?? true else { return true }
        reportedAt = now
        // Without a daemon this process ends anyway.
        try? channel.report(progress: progress.encoded)
        return (try? channel.isStopRequested()) == false
    }
}
