import Domain
import Logging
import Registers
import Transport
import Wire

/// Where a node keeps its promises; called on the register service's own thread only.
protocol RegisterJournal {
    /// What was written so far.
    func load() throws(RegisterJournalError) -> DurableState
    /// Writes all records or none, and syncs.
    func persist(_ records: [DurableRecord]) throws(RegisterJournalError)
    /// Notes that the disk is no old copy any longer.
    func endDoubt() throws(RegisterJournalError)
}

/// Why promises could not be written or read; nothing that follows from them may leave the node.
struct RegisterJournalError: Error, Equatable, CustomStringConvertible {
    let description: String
    /// Whether room on the disk is all that is missing.
    var isDiskFull = false
}

/// Why a register did not do what it was asked.
enum RegisterError: Error, Equatable, CustomStringConvertible {
    /// The version is another one by now; this is what the register holds.
    case changed(RegisterValue?)
    /// Nothing was written: no majority answered in time.
    case unavailable(NoMajority)
    /// It may or may not be written, now or later: read before drawing any conclusion.
    case unknown(NoMajority)
    /// The disk does not take the promises.
    case journal(RegisterJournalError)

    var description: String {
        switch self {
        case .changed: "the register has changed meanwhile"
        case .unavailable(let reason), .unknown(let reason): "\(reason)"
        case .journal(let error): "the registers cannot be written: \(error)"
        }
    }
}

/// This node's part in all registers, driven: its thread, its disk, its peers, its timers.
///
/// A register is read and written from any node while a majority of its electorate can be
/// reached. Every answer to a peer waits until what it rests on is on the disk; nothing here
/// awaits between an event and its writes, so no event sees half of another.
actor RegisterService {
    private static let method = "register"
    /// How long one peer may take for one answer.
    private static let peerLimit = Duration.seconds(2)
    private static let retryPauseMax = 1_000

    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let network: PeerNetwork
    private let founding: [NodeID]
    /// Whether the disk may be an old copy whose gaps have not been filled yet.
    private(set) var isCopied: Bool
    /// The incarnation that the disk had at the start.
    private let firstIncarnation: UInt64
    private let log: Logger
    private let journal: any RegisterJournal
    private var machine: RegisterNode
    private var waiting: [OperationID: CheckedContinuation<RegisterOutcome?, Never>] = [:]
    private var failure: RegisterJournalError?
    private var ticker: Task<Void, Never>?

    /// A node as its journal has it; `isCopied` where the disk may be an old copy.
    init(
        _ network: PeerNetwork,
        journal: sending any RegisterJournal,
        isCopied: Bool = false,
        log: Logger
    ) throws(RegisterError) {
        do throws(TransportError) {
            executor = try ThreadExecutor(name: "registers")
        } catch {
            throw .journal(RegisterJournalError(description: "\(error)"))
        }
        self.network = network
        self.isCopied = isCopied
        self.log = log
        founding = (network.configuration.peers.map(\.name) + [network.node]).sorted()
        let state: DurableState
        do throws(RegisterJournalError) {
            state = try journal.load()
        } catch {
            throw .journal(error)
        }
        firstIncarnation = state.standing?.standing.incarnation ?? 0
        machine = Self.machine(network.node, founding, state, isCopied)
        self.journal = journal
        if isCopied {
            log.warning("the catalogue may be an old copy: no vote before the others were read")
        }
    }

    private static func machine(
        _ node: NodeID,
        _ founding: [NodeID],
        _ state: DurableState,
        _ isCopied: Bool
    ) -> RegisterNode {
        RegisterNode(
            node,
            founding: founding,
            state: state,
            isCopied: isCopied,
            random: .random(in: .min ... .max)
        )
    }

    /// Answers peers from now on; call it before the network starts.
    nonisolated func serve() {
        network.handle(Self.method) { [weak self] node, payload async throws(PeerRefusal) in
            guard let self else { throw PeerRefusal(code: 300, message: "stopping") }
            return try await self.answer(node, payload)
        }
    }

    /// Asks to be admitted, and keeps the clock going.
    func start() {
        ticker = Task { [weak self] in
            while !Task.isCancelled {
                await self?.tick()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Ends all operations without an answer.
    func stop() {
        ticker?.cancel()
        for continuation in waiting.values { continuation.resume(returning: nil) }
        waiting = [:]
    }

    /// Whether this node votes on the registers of the cluster.
    var isVoting: Bool { machine.isVoting }

    /// The members by the list in force.
    var members: MemberList { machine.members }

    /// Members whose word this node still needs before it votes.
    var awaited: [NodeID] { isVoting ? [] : machine.awaited }

    /// Registers of which this node has seen something.
    var keys: [RegisterKey] { machine.keys }

    /// Tells the value; nil where none was ever written.
    func read(
        _ key: RegisterKey,
        of electorate: Electorate = .members,
        within limit: Duration = .seconds(5)
    ) async throws(RegisterError) -> RegisterValue? {
        try await operate(key, electorate, .read, within: limit)
    }

    /// Writes if the version is still the expected one, 0 where nothing was ever written.
    ///
    /// A tombstone is a value like any other, and what it means is the caller's.
    /// - Throws: `.changed` with what is there instead.
    func compareAndSet(
        _ key: RegisterKey,
        expecting version: UInt64,
        to bytes: [UInt8],
        of electorate: Electorate = .members,
        within limit: Duration = .seconds(5)
    ) async throws(RegisterError) -> RegisterValue {
        let change = RegisterChange.write(expecting: version, bytes)
        guard let value = try await operate(key, electorate, change, within: limit) else {
            preconditionFailure("\(key) was written and holds nothing")
        }
        return value
    }

    private func operate(
        _ key: RegisterKey,
        _ electorate: Electorate,
        _ change: RegisterChange,
        within limit: Duration
    ) async throws(RegisterError) -> RegisterValue? {
        let id = machine.makeOperation()
        let timer = Task { [weak self] in
            try? await Task.sleep(for: limit)
            if !Task.isCancelled { await self?.handle(.expire(id)) }
        }
        defer { timer.cancel() }
        let outcome = await withCheckedContinuation { continuation in
            waiting[id] = continuation
            handle(.operate(id, key, electorate, change))
        }
        switch outcome {
        case .committed(let value): return value
        case .conflict(let value): throw .changed(value)
        case .unavailable(let reason): throw .unavailable(reason)
        case .unknown(let reason): throw .unknown(reason)
        case nil: throw .journal(failure ?? RegisterJournalError(description: "stopping"))
        }
    }

    private func tick() { handle(.tick) }

    private func answer(_ node: NodeID, _ payload: [UInt8]) throws(PeerRefusal) -> [UInt8] {
        let request: RegisterRequest
        do throws(WireError) {
            request = try RegisterRequest(bytes: payload)
        } catch {
            throw PeerRefusal(code: -32602, message: "\(error)")
        }
        let answer = machine.handle(request, from: node)
        if !answer.persist.isEmpty, !persist(answer.persist) {
            throw PeerRefusal(code: 102, message: "\(failure?.description ?? "not written")")
        }
        return answer.reply.bytes
    }

    private func handle(_ event: RegisterNode.Event) {
        for action in machine.handle(event) {
            switch action {
            case .persist(let records):
                // What follows rests on it; the machine begins anew from the disk.
                guard persist(records) else { return }
            case .send(let peer, let request, let message): send(message, request, to: peer)
            case .retryLater(let id, let attempt): retryLater(id, attempt)
            case .finish(let id, let outcome):
                waiting.removeValue(forKey: id)?.resume(returning: outcome)
            }
        }
    }

    private func persist(_ records: [DurableRecord]) -> Bool {
        do throws(RegisterJournalError) {
            try journal.persist(records)
            failure = nil
            noteAdmission(records)
            return true
        } catch {
            log.error("registers not written", metadata: ["reason": "\(error)"])
            failure = error
            restart()
            return false
        }
    }

    /// A new incarnation is what a copy gets once the others have told it what it lacks.
    private func noteAdmission(_ records: [DurableRecord]) {
        guard isCopied else { return }
        for case .standing(let own) in records
        where own.standing.incarnation > firstIncarnation {
            isCopied = false
            log.notice("admitted anew", metadata: ["incarnation": "\(own.standing.incarnation)"])
            do throws(RegisterJournalError) { try journal.endDoubt() } catch {
                // The next start is careful once more than it need be.
                log.warning("still in doubt on the disk", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Forgets what was not written, and with it all operations under way.
    private func restart() {
        for continuation in waiting.values { continuation.resume(returning: nil) }
        waiting = [:]
        do throws(RegisterJournalError) {
            machine = Self.machine(network.node, founding, try journal.load(), isCopied)
        } catch {
            // A machine without memory has no vote until the others have told it everything.
            machine = Self.machine(network.node, founding, DurableState(), true)
        }
    }

    private func send(_ message: RegisterRequest, _ request: UInt64, to peer: NodeID) {
        let bytes = message.bytes
        Task { [weak self, network] in
            let answer = try? await network.call(peer, Self.method, bytes, within: Self.peerLimit)
            await self?.take(answer, of: peer, request)
        }
    }

    private func take(_ answer: [UInt8]?, of peer: NodeID, _ request: UInt64) {
        // What a peer of another version says is as good as silence.
        guard let answer, let reply = try? RegisterReply(bytes: answer) else {
            return handle(.silence(of: peer, request: request))
        }
        handle(.reply(from: peer, request: request, reply))
    }

    private func retryLater(_ id: OperationID, _ attempt: Int) {
        let pause = Int.random(in: 1...min(Self.retryPauseMax, 20 << min(attempt, 6)))
        Task { [weak self] in
            try? await Task.sleep(for: .milliseconds(pause))
            await self?.retry(id)
        }
    }

    private func retry(_ id: OperationID) { handle(.retry(id)) }
}
