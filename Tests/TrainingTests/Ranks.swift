import Domain
import Foundation
import Learning
import LinearAlgebra
import RowSamples
import Synchronization
import Training

/// Where ranks on several threads meet to exchange numbers.
final class Meeting: Sendable {
    private struct State {
        var round = 0
        var arrived: [[Double]?]
        var all: [[Double]] = []
    }

    let worldSize: Int
    private let condition = NSCondition()
    private let state: Mutex<State>

    init(worldSize: Int) {
        self.worldSize = worldSize
        state = Mutex(State(arrived: [[Double]?](repeating: nil, count: worldSize)))
    }

    /// Waits until every rank has come and returns what each brought, in rank order.
    func exchange(_ values: [Double], rank: Int) throws(ReducerError) -> [[Double]] {
        condition.lock()
        defer { condition.unlock() }
        let mine = state.withLock { state in
            let round = state.round
            state.arrived[rank] = values
            let all = state.arrived.compactMap { $0 }
            guard all.count == worldSize else { return round }
            state.all = all
            state.arrived = [[Double]?](repeating: nil, count: worldSize)
            state.round += 1
            return round
        }
        condition.broadcast()
        let deadline = Date().addingTimeInterval(60)
        while state.withLock({ $0.round }) == mine {
            guard condition.wait(until: deadline) else {
                throw ReducerError("rank \(rank) waited alone")
            }
        }
        return state.withLock { $0.all }
    }
}

/// Sums in rank order, as the ring does.
final class ThreadReducer: Reducer {
    let rank: Int
    private let meeting: Meeting
    /// The number of the sum after which this rank's result is another.
    private let flipsAt: Int?
    private var sums = 0

    init(rank: Int, meeting: Meeting, flipsAt: Int? = nil) {
        self.rank = rank
        self.meeting = meeting
        self.flipsAt = flipsAt
    }

    var worldSize: Int { meeting.worldSize }

    func makeVector(count: Int) -> Vector { Vector(zeros: count) }

    func sum(_ vector: inout Vector) throws(ReducerError) {
        let all = try meeting.exchange(vector.array.map { Double($0) }, rank: rank)
        for index in 0..<vector.count {
            vector[index] = all.reduce(Float(0)) { $0 + Float($1[index]) }
        }
        sums += 1
        if sums == flipsAt { vector[0] += 1 }
    }

    func beginSum(
        _ vector: borrowing Vector,
        _ elements: Range<Int>
    ) throws(ReducerError) -> Int {
        let part = vector.buffer[elements]
        let all = try meeting.exchange(part.map { Double($0) }, rank: rank)
        for (offset, index) in elements.enumerated() {
            vector.buffer[index] = all.reduce(Float(0)) { $0 + Float($1[offset]) }
        }
        sums += 1
        if sums == flipsAt { vector.buffer[elements.lowerBound] += 1 }
        return 0
    }

    func finishSum(_ token: Int) {}

    func gather(_ bytes: [UInt8]) throws(ReducerError) -> [[UInt8]] {
        try meeting.exchange(bytes.map { Double($0) }, rank: rank).map { $0.map { UInt8($0) } }
    }

    var waiting: (count: Int, seconds: Double) { (sums, 0) }

    func sum(_ values: inout [Double]) throws(ReducerError) {
        let all = try meeting.exchange(values, rank: rank)
        for index in values.indices { values[index] = all.reduce(0) { $0 + $1[index] } }
    }

    func max(_ values: inout [Double]) throws(ReducerError) {
        let all = try meeting.exchange(values, rank: rank)
        for index in values.indices { values[index] = all.map { $0[index] }.max() ?? 0 }
    }
}

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
    /// What the rows of each class weigh; empty where all weigh the same.
    var classWeights: [Double] = []

    init(_ algorithm: Algorithm, _ parts: [SampleRows]) {
        spec = RunSpec(algorithm: algorithm, dataset: DatasetName(checked: "sample"))
        self.parts = parts
    }

    /// Runs it and returns each rank's record; throws the error of the first rank that failed.
    func run() throws -> [RankRecord] {
        let meeting = Meeting(worldSize: parts.count)
        let records = Mutex([Result<RankRecord, any Error>?](repeating: nil, count: parts.count))
        let done = DispatchSemaphore(value: 0)
        for rank in parts.indices {
            let thread = Thread {
                let record = Result { try runRank(rank, meeting) }
                records.withLock { $0[rank] = record }
                done.signal()
            }
            thread.start()
        }
        for _ in parts.indices { done.wait() }
        return try records.withLock { $0 }.compactMap { try $0?.get() }
    }

    private func runRank(_ rank: Int, _ meeting: Meeting) throws -> RankRecord {
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
            reducer: ThreadReducer(
                rank: rank,
                meeting: meeting,
                flipsAt: flip?.rank == rank ? flip?.sum : nil
            ),
            observer: observer
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
