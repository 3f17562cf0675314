import Collectives
import ControlAPI
import Domain
import TLSTransport
import Transport

/// How long a ring may take to stand.
private let ringLimit = Duration.seconds(20)

extension LocalRun {
    /// Dials the next seat and waits for the previous one; nothing for a seat alone.
    ///
    /// Whatever ends the run, or is known to have ended a seat, ends the wait.
    func formRing(_ key: [UInt8]) async throws(RunFailure) -> RingLinks? {
        let plan = record.plan
        let count = plan.worldSize
        guard count > 1 else { return nil }
        let next = Rank((rank.index + 1) % count)
        let previous = Rank((rank.index + count - 1) % count)
        let (events, source) = AsyncStream.makeStream(of: RingEvent.self)
        let (network, seats) = (world.network, plan.seats)
        let (greeting, expected) = (hello(from: rank, to: next), hello(from: previous, to: rank))
        let tasks = [
            telling(source, RingEvent.next) { () async throws(PeerError) in
                let node = seats[next.index].node
                return try await network.dialRing(greeting, to: node, key: key, within: ringLimit)
            },
            telling(source, RingEvent.previous) { () async throws(PeerError) in
                let node = seats[previous.index].node
                return try await network.awaitRingLink(
                    expected,
                    from: node,
                    key: key,
                    within: ringLimit
                )
            },
            Task { [self] in
                if let cause = await awaitCause() { source.yield(.broken(cause)) }
            },
        ]
        defer { for task in tasks { task.cancel() } }
        var links: (next: RingLink?, previous: RingLink?) = (nil, nil)
        for await event in events {
            switch event {
            case .next(let link): links.next = try await taken(link, next)
            case .previous(let link): links.previous = try await taken(link, previous)
            case .broken(let cause): throw RunFailure(cause: cause)
            }
            if let next = links.next, let previous = links.previous {
                return RingLinks(next: next, previous: previous)
            }
        }
        let cause = Cause(node: world.node, rank: rank, reason: "the ring was given up")
        throw RunFailure(cause: cause)
    }

    private func hello(from sender: Rank, to receiver: Rank) -> RingHello {
        RingHello(
            run: id,
            generation: generation,
            sender: sender,
            receiver: receiver,
            plan: prepared.digest
        )
    }

    /// Waits for a reason why the ring will not stand; nil where nobody asks any longer.
    private nonisolated func awaitCause() async -> Cause? {
        while !Task.isCancelled {
            if let cause = control.cause ?? lostSeat { return cause }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    private func taken(
        _ link: Result<RingLink, PeerError>,
        _ rank: Rank
    ) async throws(RunFailure) -> RingLink {
        switch link {
        case .success(let link): return link
        case .failure(let error):
            let node = record.plan.seats[rank.index].node
            let cause = await knownCause() ?? Cause(node: node, rank: rank, reason: "\(error)")
            throw RunFailure(cause: cause)
        }
    }

    /// Why the ring will not stand, where another seat says so or one is known to be gone.
    ///
    /// A seat hangs up when it hears of the one that is gone, and the same news is on its way here.
    private func knownCause() async -> Cause? {
        let deadline = Deadline.after(.milliseconds(300))
        while true {
            if let cause = control.cause ?? lostSeat { return cause }
            guard !deadline.hasPassed else { return nil }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The first of this run's seats that is known to be dead, as a cause.
    nonisolated var lostSeat: Cause? {
        for (index, seat) in prepared.record.plan.seats.enumerated() {
            guard let view = world.network.view(of: seat.node), view.state == .dead else {
                continue
            }
            let reason = view.reason.map { "node lost: \($0)" } ?? "node lost"
            return Cause(node: seat.node, rank: Rank(index), reason: reason)
        }
        return nil
    }
}

/// The links of one seat.
struct RingLinks: Sendable {
    let next: RingLink
    let previous: RingLink
}

/// What becomes of the wait for a ring.
private enum RingEvent: Sendable {
    case next(Result<RingLink, PeerError>)
    case previous(Result<RingLink, PeerError>)
    /// The run is over before its ring stood.
    case broken(Cause)
}

/// Opens a link and tells what became of it, as the event that `event` makes of it.
private func telling(
    _ source: AsyncStream<RingEvent>.Continuation,
    _ event: @escaping @Sendable (Result<RingLink, PeerError>) -> RingEvent,
    _ open: @escaping @Sendable () async throws(PeerError) -> RingLink
) -> Task<Void, Never> {
    Task { source.yield(event(await Result(open))) }
}

extension Result where Success: Sendable {
    /// What an asynchronous body returns or throws.
    fileprivate init(_ body: () async throws(Failure) -> Success) async {
        do throws(Failure) { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
