import Domain
import Learning
import LinearAlgebra
import MeetingRanks
import RowSamples
import Training

/// Keeps everything it hears; its clock goes a millisecond further whenever it is read.
final class RecordingObserver: TrainingObserver {
    var lines: [String] = []
    var progress: [RunProgress] = []
    var checkpoints: [TrainingCheckpoint] = []
    private let stopsAt: Int?
    private let secondsPerLook: Double
    private var looks = 0

    init(stopsAt: Int? = nil, secondsPerLook: Double = 0.001) {
        self.stopsAt = stopsAt
        self.secondsPerLook = secondsPerLook
    }

    func tick() {}
    func chose(_ line: String) { lines.append(line) }
    func progressed(_ progress: RunProgress) { self.progress.append(progress) }
    func save(_ checkpoint: TrainingCheckpoint) { checkpoints.append(checkpoint) }
    var isAskedToStop: Bool { (progress.last?.step ?? 0) >= stopsAt ?? .max }

    var seconds: Double {
        looks += 1
        return Double(looks) * secondsPerLook
    }
}

/// What one rank has to show at the end.
struct RankRecord: Sendable {
    var result: RunResult
    var parameters: [Float]
    var shape: ModelShape?
    var lines: [String]
    var progress: [RunProgress]
    var checkpoints: [TrainingCheckpoint]
}

/// A training run over ranks, each on a thread of its own.
struct TrialRun: Sendable {
    var spec: RunSpec
    /// The rows of each rank.
    var parts: [SampleRows]
    /// Height and width of a row that is an image.
    var imageShape: [Int]?
    var validation: SampleRows?
    var checkpoint: TrainingCheckpoint?
    /// The rank that is asked to stop, and the step after which it is.
    var stop: (rank: Int, step: Int)?
    /// How fast the clock of each rank goes, in seconds per look.
    var clocks: [Double] = []
    /// The rank whose memory fails, and the sum at which it does.
    var flip: (rank: Int, sum: Int)?
    /// The rank whose rows are no numbers any more, and the read from which on they are not.
    var poison: (rank: Int, read: Int)?
    /// Rows that every sum is over at least, and no value of a single row is told; 0 for any.
    var localRowsMin = 0
    /// Rows that a rank can have near at hand; nil for all.
    var windowRows: Int?
    /// The rank whose process may take only so many bytes.
    var memoryLimit: (rank: Int, bytes: Int)?
    /// What the rows of each class weigh; empty where all weigh the same.
    var classWeights: [Double] = []

    init(_ algorithm: Algorithm, _ parts: [SampleRows]) {
        spec = RunSpec(algorithm: algorithm, dataset: DatasetName(checked: "sample"))
        self.parts = parts
    }

    /// Runs it and returns each rank's record; throws the error of the first rank that failed.
    func run() throws -> [RankRecord] {
        try RankThreads.run(parts.count, flip: flip) { try runRank($0) }
    }

    private func runRank(_ reducer: any Reducer) throws -> RankRecord {
        let rank = reducer.rank
        let rows = parts[rank]
        let columns = parts.map(\.columns).max() ?? 0
        let classes = parts.compactMap { $0.classes?.max() }.max().map { Int($0) + 1 } ?? 0
        let observer = RecordingObserver(
            stopsAt: stop?.rank == rank ? stop?.step : nil,
            secondsPerLook: clocks.isEmpty ? 0.001 : clocks[rank]
        )
        var task = TrainingTask(
            spec: spec,
            classes: classes,
            columns: columns,
            isSparse: rows.isSparse
        )
        task.localRowsMin = localRowsMin
        task.hidesRows = localRowsMin > 0
        task.imageShape = imageShape
        task.classWeights = classWeights
        let trainer = Trainer(
            task: task,
            rows: poison?.rank == rank
                ? PoisonedRows(rows, from: poison?.read ?? 0)
                : SizedRows(rows, columns: columns, windowRows: windowRows),
            validation: validation.map { SizedRows($0, columns: columns) },
            reducer: reducer,
            observer: observer,
            memoryLimit: memoryLimit?.rank == rank ? memoryLimit?.bytes : nil
        )
        let output = try trainer.run(from: checkpoint)
        return RankRecord(
            result: output.result,
            parameters: output.words.array,
            shape: output.shape,
            lines: observer.lines,
            progress: observer.progress,
            checkpoints: observer.checkpoints
        )
    }
}

/// Rows whose number of columns is known even where there are none.
private struct SizedRows: RowSource {
    private let source: SampleRows
    let columns: Int
    let windowRows: Int?

    init(_ source: SampleRows, columns: Int, windowRows: Int? = nil) {
        self.source = source
        self.columns = columns
        self.windowRows = windowRows
    }

    var rows: Int { source.rows }
    var isSparse: Bool { source.isSparse }
    var isReal: Bool { source.isReal }

    func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        try source.withRows(range, body)
    }
}

/// Rows that are no numbers from some read on.
private final class PoisonedRows: RowSource {
    private let source: SampleRows
    private let poisoned: SampleRows
    private let first: Int
    private var reads = 0

    init(_ source: SampleRows, from first: Int) {
        self.source = source
        self.first = first
        let values = source.values.map { $0.map { _ in Float.nan } }
        poisoned = SampleRows(values, classes: source.classes ?? [])
    }

    var rows: Int { source.rows }
    var columns: Int { source.columns }
    var isSparse: Bool { source.isSparse }
    var isReal: Bool { source.isReal }

    func withRows<Result>(
        _ range: Range<Int>,
        _ body: (Batch) -> Result
    ) throws(RowSourceError) -> Result {
        reads += 1
        return try (reads < first ? source : poisoned).withRows(range, body)
    }
}

extension SampleRows {
    /// The rows dealt to three ranks, the last of which gets fewer.
    var overThreeRanks: [SampleRows] {
        let cuts = [0, rows * 2 / 5, rows * 4 / 5, rows]
        return (0..<3).map { part(cuts[$0]..<cuts[$0 + 1]) }
    }
}
