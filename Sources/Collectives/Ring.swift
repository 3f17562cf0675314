public import Domain
public import Transport

/// One rank's seat in a ring of links: collectives over vectors and byte strings.
///
/// All ranks call the same collectives in the same order with the same counts. Every call blocks
/// its thread until this rank is done. After a `CollectiveError` the other ranks have been told,
/// the ring is finished, and every later call throws the same error again.
///
/// Every collective announces itself to the next rank (operation, type, count, sequence,
/// generation), so two ranks that disagree find out before a number is added.
public struct Ring<L: Link & ~Copyable>: ~Copyable {
    /// The largest world size.
    public static var worldSizeMax: Int { 16 }
    /// How long the last words to a neighbour may take.
    private static var farewellLimit: Duration { .milliseconds(500) }

    /// This rank.
    public let rank: Rank
    /// Number of ranks.
    public let worldSize: Int
    /// Which ring of the run this is.
    public let generation: Generation
    /// The step the run is at, for the cause that other ranks are told.
    public var step: Int?
    /// Whether short vectors go around whole, the same on all ranks.
    ///
    /// It is faster, but then every rank sees what each of the others brings, and not the next
    /// one alone a part of it.
    public var sendsWhole = true
    /// Why the ring is finished; nil while it is not.
    public private(set) var failure: CollectiveError?

    private var neighbors: Neighbors<L>?
    /// What a rank alone waits with.
    private var solitude: Vigil?
    private var sequence: UInt64 = 0

    /// A ring whose links have been bound; world size 1 needs none.
    ///
    /// - Precondition: `rank < worldSize <= 16`, and both links are there unless it is 1.
    public init(
        rank: Rank,
        worldSize: Int,
        generation: Generation,
        next: consuming L?,
        previous: consuming L?,
        monitor: any RingMonitor
    ) {
        precondition((1...Self.worldSizeMax).contains(worldSize), "world size \(worldSize)")
        precondition(rank.index < worldSize, "\(rank) outside a world of \(worldSize)")
        self.rank = rank
        self.worldSize = worldSize
        self.generation = generation
        let vigil = Vigil(monitor: monitor, stallLimit: monitor.stallLimit)
        if let next, let previous {
            neighbors = Neighbors(
                next: next,
                previous: previous,
                rank: rank,
                worldSize: worldSize,
                vigil: vigil
            )
        } else {
            precondition(worldSize == 1, "a world of \(worldSize) needs links both ways")
            neighbors = nil
            solitude = vigil
        }
    }

    /// Keeps the calling thread, which drives this ring, on one core where both neighbours are on
    /// this machine and each rank can have its own: the core that comes `rank` after `first`,
    /// counted around.
    ///
    /// A thread that is woken by another's bytes is put on that one's core. So the threads of two
    /// ranks shared one of two cores while the other stood idle, and a network of 236,000 weights
    /// took a quarter more time; where ranks outnumber cores it is the other way round.
    public mutating func keepCore(after first: Int) {
        // Slower at worst where the system refuses: nothing depends on it.
        let number = UInt32(truncatingIfNeeded: first &+ rank.index)
        neighbors?.keepCore(number, ranks: UInt32(worldSize))
    }

    /// Ends the collectives of all ranks with `cause`, and hangs up.
    ///
    /// Does nothing in a ring that is finished already. Takes at most half a second.
    public mutating func abort(_ cause: Cause) {
        guard failure == nil else { return }
        finish(.aborted(cause))
    }

    /// Sleeps between two collectives until something that the monitor watches is ready.
    ///
    /// Returns after `limit` at the latest, and earlier for no reason at times.
    /// - Throws: `CollectiveError` if a rank aborts, a link breaks or the monitor objects.
    public mutating func watch(atMost limit: Duration) throws(CollectiveError) {
        if let failure { throw failure }
        let (seconds, attoseconds) = limit.components
        let nanoseconds = min(seconds, 3_600) * 1_000_000_000 + attoseconds / 1_000_000_000
        do throws(CollectiveError) {
            try neighbors?.watch(nanoseconds: max(0, nanoseconds))
            try solitude?.watch(nanoseconds: max(0, nanoseconds))
        } catch {
            throw fail(error)
        }
    }

    /// Does one collective on `memory`, which is `pipeline`'s vector.
    mutating func run(
        _ call: CollectiveCall,
        on memory: inout MutableRawSpan,
        _ pipeline: Pipeline
    ) throws(CollectiveError) {
        let header = CollectiveHeader(
            rank: rank,
            worldSize: worldSize,
            generation: generation,
            sequence: sequence,
            operation: call.operation,
            reduction: call.reduction,
            element: call.element,
            count: call.count,
            root: call.root
        )
        sequence += 1
        if let failure { throw failure }
        do throws(CollectiveError) {
            try neighbors?.drive(Passage(header: header, pipeline: pipeline), on: &memory)
        } catch {
            throw fail(error)
        }
    }

    /// Ends the ring with an error of this rank's own.
    mutating func fail(_ error: CollectiveError) -> CollectiveError {
        finish(error)
        return error
    }

    private mutating func finish(_ error: CollectiveError) {
        failure = error
        let notice = AbortNotice(error, own: rank, step: step)
        neighbors?.tell(notice, until: .after(Self.farewellLimit))
        neighbors = nil
    }
}

/// What a collective is about, as its header says it.
struct CollectiveCall {
    let operation: CollectiveHeader.Operation
    var reduction: Reduction?
    let element: ElementKind
    let count: Int
    var root = Rank(0)
}
