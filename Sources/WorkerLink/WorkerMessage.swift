internal import Wire

/// What a worker says to its daemon.
public enum WorkerMessage: Equatable, Sendable {
    /// It is locked in as stated and waits for its job.
    case ready(WorkerIsolation)
    /// It will not work, because it cannot lock itself in.
    case refused(reason: String)
    /// It wants a range combined over all ranks; the answer is `WorkerProcess.answer`.
    case reduce(ReduceRequest)
    /// It wants the bytes of all ranks; the answer is `WorkerProcess.answer(_:lengths:)`.
    case gather(GatherRequest)
    /// How far it is; what the bytes mean is the job's affair.
    case progress([UInt8])
    /// State to keep; it leaves the ranges alone until `WorkerProcess.confirm`.
    case checkpoint(StateReport)
    /// It is done; nothing follows.
    case result(StateReport)
    /// It cannot finish; nothing follows.
    case failure(WorkerFailure)
    /// A line for the log.
    case log(WorkerLogLine)
}

/// How a range is to be combined over all ranks.
public enum ReduceOperation: UInt8, Sendable, CaseIterable {
    /// The sum of each element.
    case sum = 1
    /// The largest of each element.
    case max
}

/// A wish to have a range combined over all ranks, in place.
public struct ReduceRequest: Equatable, Sendable {
    /// What the answer will name.
    public let id: UInt32
    /// Which elements.
    public let range: SharedRange
    /// How.
    public let operation: ReduceOperation
}

/// A wish to have the bytes of all ranks, one string after the other in rank order.
public struct GatherRequest: Equatable, Sendable {
    /// What the answer will name.
    public let id: UInt32
    /// Where the strings are to lie; this rank's own lies at its beginning.
    public let range: SharedRange
    /// Bytes of this rank's own string.
    public let ownBytes: Int
}

/// State in shared memory, and what it is.
public struct StateReport: Equatable, Sendable {
    /// What the confirmation will name; 0 in a result.
    public let id: UInt32
    /// What the state is; its form is the job's affair.
    public let metadata: [UInt8]
    /// Where it lies, in order.
    public let state: [SharedRange]
}

/// Why a job ended without a result.
public struct WorkerFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// A short word for programs, such as `bad_number`.
    public var code: String
    /// One line for people, without a full stop.
    public var message: String
    /// More about it; its form is the job's affair.
    public var detail: [UInt8]

    /// A failure with its code and its line.
    public init(code: String, message: String, detail: [UInt8] = []) {
        self.code = code
        self.message = message
        self.detail = detail
    }

    /// One line for people.
    public var description: String { message }
}

/// A line for the log.
public struct WorkerLogLine: Equatable, Sendable {
    /// How much it matters; the raw value is the one on the wire.
    public enum Level: UInt8, Sendable, CaseIterable {
        /// For whoever looks for a fault.
        case debug = 1
        /// Something worth knowing happened.
        case info
        /// Something is not as it should be.
        case warning
    }

    /// How much it matters.
    public let level: Level
    /// The line, printable.
    public let text: String
}
