public import Domain
public import Learning
public import LinearAlgebra

/// Who hears of a rank's progress and may end it; called between steps on the training thread.
public protocol TrainingObserver: AnyObject {
    /// Something was computed: this rank is alive.
    func tick()
    /// What was chosen from the data, one line; rank 0's is shown.
    func chose(_ line: String)
    /// A point of the curve.
    func progressed(_ progress: RunProgress)
    /// A state to keep; every rank keeps the same one.
    func save(_ checkpoint: TrainingCheckpoint)
    /// Whether this rank has been asked to stop; all ranks then stop at the same step.
    var isAskedToStop: Bool { get }
    /// Seconds on a clock that only goes forward.
    var seconds: Double { get }
}

/// Why training could not be finished.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    /// A sum over the ranks, or the data, failed.
    case learning(LearningError)
    /// The ranks no longer hold the same parameters.
    case parametersDiffer(step: Int)
    /// The checkpoint is not one of this run.
    case foreignCheckpoint(reason: String)
    /// There is nothing to learn from.
    case noRows
    /// A method that this program does not know.
    case unsupported(Algorithm)
    /// A rank's sums would be over so few rows that they tell of single ones.
    case fewRows(rank: Int, rows: Int, min: Int)
    /// Rows that stay on their rank would have to be told; `what` says which.
    case rowsStay(what: String)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .learning(let error): error.description
        case .parametersDiffer(let step):
            "the ranks hold different parameters at step \(step); memory or a processor is at fault"
        case .foreignCheckpoint(let reason): "the checkpoint does not fit: \(reason)"
        case .noRows: "no row is left to train on; --val-split says how many are held out"
        case .unsupported(let algorithm): "this worker knows no \(algorithm.rawValue)"
        case .fewRows(let rank, let rows, let least):
            "rank \(rank) would sum over \(rows) rows in a step; under \(least) tell of single "
                + "rows, and its neighbours see the sums: larger --batch, or --share-sums"
        case .rowsStay(let what): "\(what), and the rows stay where they are"
        }
    }
}

/// What a rank hands over at the end.
public struct TrainingOutput: ~Copyable {
    /// How it ended, with what was measured.
    public var result: RunResult
    /// How the model's words are to be read; nil where the run left no model.
    public var shape: ModelShape?
    /// The words of the model, for raw features.
    public var words: Vector
}
