import Datasets
import Domain
import Foundation
import Glibc
import Testing
import Training
import Transport
import Wire

@testable import WorkerLink

/// Plays the daemon for the real worker program.
final class JobHost {
    private var open: [Int32] = []

    deinit { for descriptor in open { close(descriptor) } }

    /// An empty file without a name.
    func emptyFile() throws -> Int32 {
        let folder = FileManager.default.temporaryDirectory.path
        let descriptor = Glibc.open(folder, O_RDWR | O_CLOEXEC | openTemporary, 0o600)
        try #require(descriptor >= 0)
        open.append(descriptor)
        return descriptor
    }

    /// A file that holds `text`.
    func file(_ text: String) throws -> Int32 {
        let descriptor = try emptyFile()
        try #require(write(descriptor, text, text.utf8.count) == text.utf8.count)
        return descriptor
    }

    /// All that a file holds.
    func contents(_ descriptor: Int32) throws -> String {
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: size)
        try #require(pread(descriptor, &bytes, size, 0) == size)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A real worker with its job.
    func start(
        _ kind: JobKind,
        _ payload: [UInt8],
        _ descriptors: [Int32],
        memoryBytes: Int? = nil
    ) throws -> WorkerProcess {
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "distml-worker")
        let worker = try WorkerProcess.launch(.program(path: program.path))
        #expect(worker.isolation.isConfined)
        try worker.start(
            kind,
            payload: payload,
            descriptors: descriptors,
            memory: try memoryBytes.map { try SharedMemory(byteCount: $0) },
            until: .after(.seconds(10))
        )
        return worker
    }

    /// The metadata of a job's result; a failure is thrown.
    func result(of worker: WorkerProcess) throws -> [UInt8] {
        while true {
            switch try worker.next(within: .seconds(60)) {
            case .result(let report): return report.metadata
            case .failure(let failure): throw failure
            case .progress, .log: break
            case let other: Issue.record("\(other)")
            }
        }
    }

    /// Imports `text` into shards that stay open while this object lives.
    func importShards(
        _ text: String,
        _ options: ImportOptions = ImportOptions(),
        count: Int
    ) throws -> (outcome: ImportOutcome, shards: [Int32]) {
        let shards = try (0..<count).map { _ in try emptyFile() }
        let job = ImportJob(files: ["rows.csv"], options: options, shards: count, seed: 7)
        let worker = try start(
            .importData,
            job.payload,
            [try file(text), try emptyFile()] + shards
        )
        return (try ImportOutcome(bytes: try result(of: worker)), shards)
    }
}

/// O_TMPFILE, which Swift's view of the C library lacks.
private let openTemporary: Int32 = 0o20_200_000

extension ShardInput {
    /// A shard as it was written to a file.
    init(_ shard: WrittenShard, in descriptor: Int32) throws {
        var writer = ByteWriter()
        shard.layout.write(to: &writer)
        let pages = try statedDigests(of: descriptor, layout: shard.layout, name: "a shard")
        self.init(layout: writer.bytes, pages: pages, name: "a shard")
    }
}

/// How a rank of a run under test ended.
struct SeatEnd {
    var report: TrainingReport
    var parameters: [Float]
    var checkpoints: [[UInt8]] = []
    var news: [TrainingNews] = []
}

/// Plays daemon and ring for all ranks of a run: combines what they ask for, in rank order.
func runToEnd(_ workers: [WorkerProcess]) throws -> [SeatEnd] {
    let seats = workers.map(SeatTalk.init)
    while true {
        var requests: [ReduceRequest] = []
        var gatherings: [GatherRequest] = []
        for seat in seats {
            switch try seat.nextRequest() {
            case .reduce(let request): requests.append(request)
            case .gather(let request): gatherings.append(request)
            default: break
            }
        }
        if requests.isEmpty, gatherings.isEmpty { return seats.compactMap(\.end) }
        let count = max(requests.count, gatherings.count)
        try #require(count == workers.count, "the ranks disagree")
        if gatherings.isEmpty { try combine(requests, of: workers) }
        if requests.isEmpty { try gather(gatherings, of: workers) }
    }
}

/// The talk with the worker of one seat.
private final class SeatTalk {
    private let worker: WorkerProcess
    private var checkpoints: [[UInt8]] = []
    private var news: [TrainingNews] = []
    private(set) var end: SeatEnd?

    init(_ worker: WorkerProcess) { self.worker = worker }

    /// What it wants combined next; nil once it has ended.
    func nextRequest() throws -> WorkerMessage? {
        while end == nil {
            let message = try worker.next(within: .seconds(60))
            switch message {
            case .reduce, .gather: return message
            case .progress(let bytes): news.append(try TrainingNews(bytes: bytes))
            case .checkpoint(let report):
                checkpoints.append(bytes(of: report, in: worker))
                try worker.confirm(report)
            case .result(let report): end = try finish(report)
            case .failure(let failure): throw failure
            case .ready, .refused, .log: break
            }
        }
        return nil
    }

    private func finish(_ report: StateReport) throws -> SeatEnd {
        let raw = bytes(of: report, in: worker)
        return SeatEnd(
            report: try TrainingReport(bytes: report.metadata),
            parameters: raw.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) },
            checkpoints: checkpoints,
            news: news
        )
    }
}

private func bytes(of report: StateReport, in worker: WorkerProcess) -> [UInt8] {
    report.state.flatMap { range in
        worker.memory?.read(range) { span in span.withUnsafeBytes { Array($0) } } ?? []
    }
}

private func gather(_ requests: [GatherRequest], of workers: [WorkerProcess]) throws {
    let pieces = zip(requests, workers).map { request, worker in
        let all = worker.memory?.read(request.range) { span in span.withUnsafeBytes { Array($0) } }
        return Array((all ?? []).prefix(request.ownBytes))
    }
    let joined = Array(pieces.joined())
    for (request, worker) in zip(requests, workers) {
        worker.memory?.update(request.range, as: UInt8.self) { span in
            for i in joined.indices { span[i] = joined[i] }
        }
        try worker.answer(request, lengths: pieces.map(\.count))
    }
}

private func combine(_ requests: [ReduceRequest], of workers: [WorkerProcess]) throws {
    switch requests[0].range.element {
    case .float32: combine(requests, of: workers, as: Float.self)
    case .float64: combine(requests, of: workers, as: Double.self)
    default: Issue.record("\(requests[0])")
    }
    for (request, worker) in zip(requests, workers) { try worker.answer(request) }
}

private func combine<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ requests: [ReduceRequest],
    of workers: [WorkerProcess],
    as type: Element.Type
) {
    var total: [Element] = []
    for (request, worker) in zip(requests, workers) {
        worker.memory?.update(request.range, as: type) { span in
            for i in span.indices {
                if i >= total.count {
                    total.append(span[i])
                } else if request.operation == .sum {
                    total[i] += span[i]
                } else {
                    total[i] = max(total[i], span[i])
                }
            }
        }
    }
    for (request, worker) in zip(requests, workers) {
        worker.memory?.update(request.range, as: type) { span in
            for i in span.indices { span[i] = total[i] }
        }
    }
}
