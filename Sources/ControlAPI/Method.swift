public import Domain

/// One verb of the control interface: its wire name, what it takes, what it gives.
///
/// The method `dataset.add` is `DatasetAdd.swift` here, `DatasetAddHandler.swift` in the daemon
/// and `DatasetAddCommand.swift` in the client.
public protocol Method: Sendable {
    /// What a caller sends.
    associatedtype Params: Codable & Sendable
    /// What it gets.
    associatedtype Reply: Codable & Sendable

    /// The wire name, such as `dataset.add`.
    static var name: String { get }

    /// The least role that may call it.
    static var role: Role { get }

    /// How many descriptors ride with the first byte of the request's line.
    static var descriptors: ClosedRange<Int> { get }

    /// The kind of the reply in the envelope; documents that several verbs give have one kind.
    static var kind: String { get }

    /// Seconds that a client waits for the next byte of the answer before it gives up.
    static var silenceSecondsMax: Int { get }
}

/// A verb that tells of its progress before it answers.
///
/// Each item is a notification `stream` with the request's id; the response follows the last one.
/// A client that has seen enough closes its connection.
public protocol StreamMethod: Method {
    /// What is told on the way.
    associatedtype Item: Codable & Sendable
}

extension Method {
    /// No descriptors.
    public static var descriptors: ClosedRange<Int> { 0...0 }

    /// The wire name with a space for its point, such as `node ls`.
    public static var kind: String {
        String(name.map { $0 == "." ? " " : $0 })
    }

    /// Thirty seconds.
    public static var silenceSecondsMax: Int { 30 }

    /// Whether items come before the reply.
    public static var isStream: Bool { self is any StreamMethod.Type }
}

/// The wire name of the notification that carries an item.
public let streamNotification = "stream"

/// The parameters of a `stream` notification.
public struct StreamItem<Item: Codable & Sendable>: Codable, Sendable {
    /// The number of the request that the item belongs to.
    public var id: Int
    /// What is told.
    public var item: Item

    /// An item for the request `id`.
    public init(id: Int, item: Item) {
        self.id = id
        self.item = item
    }
}

/// Every verb there is; whoever serves another name, or does not serve one of these, is wrong.
public let allMethods: [any Method.Type] = [
    ClusterStatus.self, NodeLs.self, NodeShow.self, NodeHealth.self,
    RingShow.self, RingPing.self, RingBench.self, CertShow.self, CertReload.self,
    DatasetAdd.self, DatasetLs.self, DatasetShow.self, DatasetStats.self, DatasetVerify.self,
    DatasetRm.self, RunStart.self, RunLs.self, RunShow.self, RunPlot.self, RunFollow.self,
    RunLogs.self, RunStop.self, RunResume.self, RunRm.self, RunCheck.self, RunDiff.self,
    SweepStart.self, SweepLs.self, SweepShow.self, SweepFollow.self, SweepStop.self,
    SweepResume.self, ModelLs.self, ModelShow.self, ModelEval.self, ModelPredict.self,
    ModelExport.self, ModelRm.self, Doctor.self, Version.self, Names.self,
]
