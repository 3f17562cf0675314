import Collectives
import ControlAPI
import Domain
import Glibc
import Synchronization
import TLSTransport
import Transport

/// What a node is asked to do for a measurement of the ring.
enum RingBenchCall: PeerMethod {
    static let name = "ring.bench"

    struct Request: Codable, Sendable {
        /// A run that exists for this measurement only.
        var run: RunID
        /// The seats in ring order.
        var nodes: [NodeID]
        /// The run's key, for the hello of each link.
        var key: [UInt8]
        /// Vector sizes in bytes.
        var sizes: [Int]
        /// Repetitions that count.
        var count: Int
    }

    typealias Reply = [RingBench.Measurement]
}

/// All-reduces over a ring of daemons that is there for nothing else; no worker takes part.
struct RingBenchmark: Sendable {
    static let bytesMax = 1 << 28
    static let sizesMax = 16
    static let countMax = 1_000
    private static let linkLimit = Duration.seconds(10)
    private static let stallLimit = Duration.seconds(20)

    let network: PeerNetwork
    private let isBusy = Flag()

    /// Whether a measurement goes on here; two at a time would measure each other.
    private final class Flag: Sendable {
        private let isSet = Mutex(false)

        func set() -> Bool {
            isSet.withLock { isSet in
                defer { isSet = true }
                return !isSet
            }
        }

        func clear() { isSet.withLock { $0 = false } }
    }

    init(network: PeerNetwork) { self.network = network }

    /// Takes its seat, measures, and says what the slowest rank needed.
    func take(_ request: RingBenchCall.Request) async throws(PeerRefusal) -> RingBenchCall.Reply {
        let world = request.nodes.count
        guard let rank = request.nodes.firstIndex(of: network.node), (2...16).contains(world),
            request.key.count == 32, Self.areSensible(request.sizes, request.count)
        else { throw PeerRefusal(code: 200, message: "not a ring that can be measured") }
        guard isBusy.set() else {
            throw PeerRefusal(code: 600, message: "another measurement goes on")
        }
        defer { isBusy.clear() }
        let (previous, next) = try await links(request, rank: rank)
        return try await onOwnThread("ring-bench", failing: refusal) {
            guard let previous = previous.take(), let next = next.take() else {
                return .failure(PeerRefusal(code: 7_000, message: "a link was taken twice"))
            }
            var ring = Ring(
                rank: Rank(rank),
                worldSize: world,
                generation: Generation(1),
                next: next,
                previous: previous,
                monitor: UnwatchedRing(stallLimit: Self.stallLimit)
            )
            ring.keepCore(after: 0)
            do throws(CollectiveError) {
                return .success(try measureAll(request, on: &ring))
            } catch {
                return .failure(PeerRefusal(RPCError(error)))
            }
        }
    }

    static func areSensible(_ sizes: [Int], _ count: Int) -> Bool {
        (1...sizesMax).contains(sizes.count) && (1...countMax).contains(count)
            && sizes.allSatisfy { $0 % 4 == 0 && (4...bytesMax).contains($0) }
    }

    private func links(
        _ request: RingBenchCall.Request,
        rank: Int
    ) async throws(PeerRefusal) -> (previous: RingLink, next: RingLink) {
        let (nodes, world) = (request.nodes, request.nodes.count)
        func hello(_ sender: Int, _ receiver: Int) -> RingHello {
            RingHello(
                run: request.run,
                generation: Generation(1),
                sender: Rank(sender),
                receiver: Rank(receiver),
                plan: ContentHash(bytes: [UInt8](repeating: 0, count: 32))
            )
        }
        let (before, after) = ((rank + world - 1) % world, (rank + 1) % world)
        let (incoming, outgoing) = (hello(before, rank), hello(rank, after))
        let (network, key) = (network, request.key)
        async let previous = result { () async throws(PeerError) in
            try await network.awaitRingLink(
                incoming,
                from: nodes[before],
                key: key,
                within: Self.linkLimit
            )
        }
        async let next = result { () async throws(PeerError) in
            try await network.dialRing(
                outgoing,
                to: nodes[after],
                key: key,
                within: Self.linkLimit
            )
        }
        do throws(PeerError) {
            return (try await previous.get(), try await next.get())
        } catch {
            throw PeerRefusal(RPCError(error))
        }
    }
}

/// What became of `body`; a value crosses tasks more easily than an error.
private func result<Value: Sendable, Failure: Error>(
    _ body: @Sendable () async throws(Failure) -> Value
) async -> Result<Value, Failure> {
    do throws(Failure) {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}

private func refusal(_ error: TransportError) -> PeerRefusal {
    PeerRefusal(code: 300, message: "\(error)")
}

private func measureAll(
    _ request: RingBenchCall.Request,
    on ring: inout Ring<TLSLink>
) throws(CollectiveError) -> [RingBench.Measurement] {
    var measurements: [RingBench.Measurement] = []
    for bytes in request.sizes {
        measurements.append(try measure(bytes, count: request.count, on: &ring))
    }
    return measurements
}

private func measure(
    _ bytes: Int,
    count: Int,
    on ring: inout Ring<TLSLink>
) throws(CollectiveError) -> RingBench.Measurement {
    var vector = [Float](repeating: 0, count: bytes / MemoryLayout<Float>.size)
    var seconds = [Double](repeating: 0, count: count)
    var processor = [0.0]
    // The first one warms up sockets and memory.
    for repetition in -1..<count {
        try ring.barrier()
        let (begin, busy) = (monotonicNanoseconds(), threadSeconds())
        var values = vector.mutableSpan
        try ring.allReduce(&values)
        guard repetition >= 0 else { continue }
        seconds[repetition] = Double(monotonicNanoseconds() - begin) / 1e9
        processor[0] += threadSeconds() - busy
    }
    // The slowest rank counts, and all ranks work.
    var slowest = seconds.mutableSpan
    try ring.allReduce(&slowest, .max)
    var total = processor.mutableSpan
    try ring.allReduce(&total)
    seconds.sort()
    let median = seconds[count / 2]
    let moved = 2 * Double(ring.worldSize - 1) / Double(ring.worldSize) * Double(bytes)
    return RingBench.Measurement(
        implementation: "distml tls",
        world: ring.worldSize,
        bytes: bytes,
        medianSeconds: median,
        minSeconds: seconds[0],
        busGigabytesPerSecond: moved / median / 1e9,
        cpuSecondsPerGigabyte: processor[0] / Double(count) / Double(bytes) * 1e9
    )
}

/// Processor time of this thread, which does all the work of its rank.
private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
