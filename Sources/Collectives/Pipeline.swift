/// Which bytes of a vector pass through one rank during one collective, and in which order.
///
/// A rank sends *departures* to the next rank and takes *arrivals* from the previous one. What
/// arrives is sent on: the departure after the first `initiallyReady` ones consists of the bytes
/// of the first arrival, and may leave as far as that has come in. So a segment is forwarded as
/// soon as it has been reduced, and all links are busy at once.
///
/// A pure state machine: it counts bytes and touches none.
struct Pipeline: Equatable {
    /// Bytes that come from the previous rank, and whether they are added or replace what is there.
    struct Arrival: Equatable {
        let range: Range<Int>
        let isReduced: Bool
    }

    private let departures: [Range<Int>]
    private let arrivals: [Arrival]
    private let initiallyReady: Int

    private var departure = 0
    private var departed = 0
    private var arrival = 0
    private var arrived = 0

    init(departures: [Range<Int>], arrivals: [Arrival], initiallyReady: Int) {
        self.departures = departures
        self.arrivals = arrivals
        self.initiallyReady = initiallyReady
        skipEmpty()
    }

    /// Whether every arrival has come in.
    var hasReceivedAll: Bool { arrival == arrivals.count }

    /// What the next bytes from the previous rank are for; nil when all have come.
    var expected: Arrival? {
        guard arrival < arrivals.count else { return nil }
        let whole = arrivals[arrival]
        return Arrival(
            range: whole.range.lowerBound + arrived..<whole.range.upperBound,
            isReduced: whole.isReduced
        )
    }

    /// Counts `bytes` bytes of `expected` as received and, where asked, reduced.
    mutating func receive(_ bytes: Int) {
        guard arrival < arrivals.count else { preconditionFailure("nothing more was expected") }
        arrived += bytes
        precondition(arrived <= arrivals[arrival].range.count, "more arrived than was expected")
        guard arrived == arrivals[arrival].range.count else { return }
        arrival += 1
        arrived = 0
        skipEmpty()
    }

    /// The next segment of at most `limit` bytes, once all of it may leave.
    ///
    /// Segments are of `limit` bytes except for the last of a chunk: shorter ones, as far as bytes
    /// are there, would make many small records.
    mutating func takeSegment(upTo limit: Int) -> Range<Int>? {
        guard departure < departures.count else { return nil }
        let whole = departures[departure]
        let length = min(limit, whole.count - departed)
        guard readyBytes >= departed + length else { return nil }
        let start = whole.lowerBound + departed
        departed += length
        if departed == whole.count {
            departure += 1
            departed = 0
            skipEmpty()
        }
        return start..<start + length
    }

    /// How much of the current departure may leave.
    private var readyBytes: Int {
        let source = departure - initiallyReady
        if source < arrival { return departures[departure].count }
        return source == arrival ? arrived : 0
    }

    private mutating func skipEmpty() {
        while arrival < arrivals.count, arrivals[arrival].range.isEmpty { arrival += 1 }
        while departure < departures.count, departures[departure].isEmpty { departure += 1 }
    }
}

extension Pipeline {
    /// The steps of the ring all-reduce, or of one of its halves.
    ///
    /// In step t, rank r sends chunk r − t − 1 and takes chunk r − t − 2 (modulo the world size N).
    /// Steps 0 ..< N − 1 are the reduce-scatter, after which rank r holds chunk r complete: the sum
    /// of ranks r + 1, r + 2, …, r in this order. `chunks` are byte ranges, in rank order. Steps
    /// N − 1 ..< 2N − 2 are the all-gather.
    ///
    /// Source: Patarasuk & Yuan, J. Parallel Distrib. Comput. 69(2), 2009.
    static func ring(rank: Int, chunks: [Range<Int>], steps: Range<Int>) -> Pipeline {
        let worldSize = chunks.count
        func chunk(_ number: Int) -> Range<Int> {
            chunks[(number + 2 * worldSize) % worldSize]
        }
        return Pipeline(
            departures: steps.map { chunk(rank - $0 - 1) },
            arrivals: steps.map {
                Arrival(range: chunk(rank - $0 - 2), isReduced: $0 < worldSize - 1)
            },
            initiallyReady: 1
        )
    }

    /// `bytes` bytes from rank `root` to everybody, around the ring once.
    static func broadcast(rank: Int, worldSize: Int, root: Int, bytes: Int) -> Pipeline {
        let isRoot = rank == root
        let isLast = (rank + 1) % worldSize == root
        return Pipeline(
            departures: isLast ? [] : [0..<bytes],
            arrivals: isRoot ? [] : [Arrival(range: 0..<bytes, isReduced: false)],
            initiallyReady: isRoot ? 1 : 0
        )
    }
}
