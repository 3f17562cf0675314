public import Domain

/// What else must be looked at while a rank waits for its neighbours.
///
/// The ring has no clock of its own for life and death: whether a silent neighbour is slow or dead
/// is known from the control links, and whether the own worker lives from its socket.
public protocol RingMonitor {
    /// Descriptors to sleep on together with the links: the worker's socket, an abort event.
    ///
    /// Asked before every sleep. One that is ready and stays so makes the ring spin: `check` has
    /// to take what is there, or the descriptor has to be left out from then on.
    var descriptors: [WatchedDescriptor] { get }

    /// Says whether to go on waiting, nil meaning yes.
    ///
    /// Called when one of `descriptors` is ready and at least every 250 ms of waiting. An error
    /// ends the collective; the other ranks are told its cause.
    mutating func check(_ wait: RingWait) -> CollectiveError?

    /// How long a neighbour may neither send nor take a byte, whatever `check` thinks of it.
    ///
    /// A slow node is not a dead one, so it is long.
    var stallLimit: Duration { get }
}

extension RingMonitor {
    /// Ten minutes.
    public var stallLimit: Duration { .seconds(600) }
}

/// A descriptor to hand to `poll`, and for what.
public struct WatchedDescriptor: Equatable, Sendable {
    /// The descriptor; its owner is elsewhere and outlives the wait.
    public let descriptor: Int32
    /// Events as `poll` takes them.
    public let events: Int16

    /// A descriptor and the events that matter.
    public init(_ descriptor: Int32, events: Int16) {
        self.descriptor = descriptor
        self.events = events
    }
}

/// For whom a rank is waiting, and since when.
public struct RingWait: Equatable, Sendable {
    /// The neighbour; nil while no collective is going on.
    public let rank: Rank?
    /// Its name, as the link gives it.
    public let peer: String
    /// Time since a byte was last sent or received.
    public let duration: Duration
}

/// Watches nothing: for rings whose only danger is the other end of a link.
public struct UnwatchedRing: RingMonitor {
    /// No descriptors.
    public var descriptors: [WatchedDescriptor] { [] }

    /// How long a neighbour may be still.
    public let stallLimit: Duration

    /// A monitor that never objects before `stallLimit`.
    public init(stallLimit: Duration = .seconds(600)) { self.stallLimit = stallLimit }

    /// Goes on.
    public func check(_ wait: RingWait) -> CollectiveError? { nil }
}
