import Catalog
import ControlAPI
import Domain

/// What nodes ask each other about datasets and models.

/// How a shard is announced that is pushed to a holder of a dataset in the making.
struct ShardPush: Codable, Sendable {
    /// The object method.
    static let method = "dataset.shard.push"

    /// Which attempt to add a dataset; random.
    var staging: String
    var tenant: TenantID
    var index: Int
    /// `ShardLayout` in its own form.
    var layout: [UInt8]
}

/// Which shard is wanted; the answer is its file.
struct ShardFetch: Codable, Sendable {
    /// The object method.
    static let method = "dataset.shard.fetch"

    var tenant: TenantID
    var version: ContentHash
    var index: Int
}

/// Which model is wanted; the answer is its file.
struct ModelFetch: Codable, Sendable {
    /// The object method.
    static let method = "model.fetch"

    var tenant: TenantID
    var run: RunID
    var hash: ContentHash
}

/// Tells that a model was removed.
enum ModelRemovedCall: PeerMethod {
    static let name = "model.removed"

    struct Request: Codable, Sendable {
        var tenant: TenantID
        var run: RunID
    }

    typealias Reply = Empty
}

/// Makes the pushed shards objects and notes the manifest; nothing is listed yet.
enum DatasetPrepareCall: PeerMethod {
    static let name = "dataset.prepare"

    struct Request: Codable, Sendable {
        var staging: String
        var manifest: DatasetManifest
    }

    typealias Reply = Empty
}

/// Has the holder of a part that stays take it into the dataset's next version.
enum PartAdoptCall: PeerMethod {
    static let name = "dataset.part.adopt"

    struct Request: Codable, Sendable {
        var staging: String
        /// The version that has the part.
        var dataset: DatasetManifest
        var index: Int
        /// The columns of the next version: those of the part, or more.
        var mapping: ColumnMapping
        /// Its classes: those of the part, or more.
        var labels: LabelKind
        /// How its rows are stored.
        var layout: RowLayout
    }

    struct Reply: Codable, Sendable {
        var values: Int
        var bytes: Int
        var hash: ContentHash
    }
}

/// Undoes all that was done for a dataset that will not be.
enum DatasetAbortCall: PeerMethod {
    static let name = "dataset.abort"

    struct Request: Codable, Sendable {
        var staging: String
    }

    typealias Reply = Empty
}

/// Tells what a name means from now on, and ends the making of a dataset.
enum DatasetNameCall: PeerMethod {
    static let name = "dataset.name"

    struct Request: Codable, Sendable {
        var known: [KnownName]
        /// The making that ends with it.
        var staging: String?
    }

    typealias Reply = Empty
}

/// Asks what a node knows of names.
enum DatasetNamesCall: PeerMethod {
    static let name = "dataset.names"

    struct Request: Codable, Sendable {
        /// Of what the caller knows; whoever knows the same answers with nothing.
        var digest: UInt64
    }

    struct Reply: Codable, Sendable {
        var known: [KnownName]
    }
}

/// Asks for the state of a node's shards of a version.
enum ShardStateCall: PeerMethod {
    static let name = "dataset.shards"

    struct Request: Codable, Sendable {
        var manifest: DatasetManifest
        /// Whether every byte is read again, and what is damaged replaced.
        var isDeep: Bool
    }

    struct Reply: Codable, Sendable {
        /// Index and whether the file is there and intact.
        var shards: [State]
    }

    struct State: Codable, Sendable {
        var index: Int
        var isIntact: Bool
    }
}

/// Asks which runs of a node use a dataset now.
enum DatasetUsersCall: PeerMethod {
    static let name = "dataset.users"

    struct Request: Codable, Sendable {
        var tenant: TenantID
        var name: DatasetName
        /// Where given: also those that have ended, if they used this version.
        var version: ContentHash?
    }

    struct Reply: Codable, Sendable {
        var runs: [RunID]
    }
}

/// Measures a model on shards that the asked node holds.
enum EvaluateShardsCall: PeerMethod {
    static let name = "model.evaluate"

    struct Request: Codable, Sendable {
        var model: ModelManifest
        var dataset: DatasetManifest
        var shards: [Int]
    }

    struct Reply: Codable, Sendable {
        /// The sums of each shard, in the order asked for.
        var sums: [[Double]]
    }
}
