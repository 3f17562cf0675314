/// What a worker is asked to do; the raw value is the one on the wire.
public enum JobKind: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    /// Reads files that somebody wrote and makes shards of them.
    case importData = 1
    /// Takes one seat of a run.
    case train
    /// Measures a model on shards.
    case evaluate
    /// Applies a model to new rows.
    case predict

    /// One word for messages.
    public var description: String {
        switch self {
        case .importData: "import"
        case .train: "train"
        case .evaluate: "evaluate"
        case .predict: "predict"
        }
    }
}
