import Catalog
import Domain

/// What nodes ask each other about runs.
enum RunPrepareCall: PeerMethod {
    static let name = "run.prepare"

    struct Request: Codable, Sendable {
        /// The record as all participants begin it; its plan is what the ring links are bound to.
        var record: RunRecord
        /// SHA-256 of the plan as the coordinator encoded it.
        var digest: ContentHash
        var dataset: DatasetManifest
        var validation: DatasetManifest?
        /// What to start from, and who has it; nil starts anew.
        var checkpoint: CheckpointOffer?
    }

    struct Reply: Codable, Sendable {
        /// Who has accepted.
        var node: NodeID
    }
}

/// A checkpoint that some seat holds.
struct CheckpointOffer: Codable, Sendable {
    var step: Int
    var hash: ContentHash
    var bytes: Int
    var holder: NodeID
}

/// The word to begin, with the key that only participants know.
enum RunBeginCall: PeerMethod {
    static let name = "run.begin"

    struct Request: Codable, Sendable {
        var run: RunID
        var generation: Generation
        var key: [UInt8]
    }

    struct Reply: Codable, Sendable {
        var isBegun: Bool
    }
}

/// Whether whoever was told of a run takes part in it.
struct RunKnownReply: Codable, Sendable {
    var isKnown: Bool
}

/// Somebody wants the run to stop, with a checkpoint.
enum RunStopCall: PeerMethod {
    static let name = "run.stop"

    struct Request: Codable, Sendable {
        var run: RunID
        var generation: Generation
    }

    typealias Reply = RunKnownReply
}

/// The node that calls goes away, and will stop the run with a checkpoint once all have heard.
enum RunLeavingCall: PeerMethod {
    static let name = "run.leaving"

    typealias Request = RunStopCall.Request
    typealias Reply = RunKnownReply
}

/// Somebody cannot go on, so the run ends at once.
enum RunAbortCall: PeerMethod {
    static let name = "run.abort"

    struct Request: Codable, Sendable {
        var run: RunID
        var generation: Generation
        var cause: Cause
    }

    typealias Reply = RunKnownReply
}

/// The agreed end of a run, for whoever has not heard.
enum RunAgreedCall: PeerMethod {
    static let name = "run.agreed"

    struct Request: Codable, Sendable {
        var run: RunID
        var generation: Generation
        var ending: RunEnding
    }

    typealias Reply = RunKnownReply
}

/// How a run ended, as its register keeps it.
struct RunEnding: Codable, Hashable, Sendable {
    var result: RunResult
    /// Seconds since 1970 by the clock of who wrote it.
    var endedAt: Double
}

/// A run as another node knows it.
enum RunFetchCall: PeerMethod {
    static let name = "run.fetch"

    struct Request: Codable, Sendable {
        var tenant: TenantID
        /// One run; nil for all that have not ended.
        var run: RunID?
    }

    struct Reply: Codable, Sendable {
        var records: [RunRecord]
    }
}

/// The newest checkpoint of a run on another node.
enum RunCheckpointCall: PeerMethod {
    static let name = "run.checkpoint"

    struct Request: Codable, Sendable {
        var tenant: TenantID
        var run: RunID
    }

    struct Reply: Codable, Sendable {
        var offer: CheckpointOffer?
    }
}

/// The log of a run on another node.
enum RunLinesCall: PeerMethod {
    static let name = "run.lines"

    struct Request: Codable, Sendable {
        var tenant: TenantID
        var run: RunID
        var tail: Int?
    }

    struct Reply: Codable, Sendable {
        var lines: [RunLogLine]
    }
}

/// Name of the object method by which checkpoints are fetched.
let checkpointFetchMethod = "run.checkpoint.file"
