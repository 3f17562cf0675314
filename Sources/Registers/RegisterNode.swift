public import Domain

/// One node's part in all registers: its votes, the operations it was asked for, its admission.
///
/// Events in, actions out; no I/O, no clock. The driver's duties:
/// - carry out actions in order, and nothing behind a `.persist` before that is on the disk; if
///   it cannot be written, throw this value away and make a new one from the disk;
/// - answer every `.send` with `.reply` or, in the end, `.silence`;
/// - after `.retryLater` wait a random time that grows with the attempt, then say `.retry`;
/// - say `.expire` when an operation's time is up, and `.tick` about once a second.
///
/// Source: Rystsov, "CASPaxos: Replicated State Machines without logs", 2018.
public struct RegisterNode {
    /// What happened.
    public enum Event: Sendable {
        /// A client of this node wants something of a register.
        case operate(OperationID, RegisterKey, Electorate, RegisterChange)
        /// A peer answered the request of that number.
        case reply(from: NodeID, request: UInt64, RegisterReply)
        /// A peer will not answer the request of that number.
        case silence(of: NodeID, request: UInt64)
        /// The pause before the next attempt is over.
        case retry(OperationID)
        /// The operation's time is up.
        case expire(OperationID)
        /// Time has passed; the first one begins the admission.
        case tick
    }

    /// What is to be done.
    public enum Action: Hashable, Sendable {
        /// Write these, all or none, and sync.
        case persist([DurableRecord])
        /// Send a request to a peer under a number.
        case send(to: NodeID, request: UInt64, RegisterRequest)
        /// Pause before attempt `attempt + 1`.
        case retryLater(OperationID, attempt: Int)
        /// Tell the client.
        case finish(OperationID, RegisterOutcome)
    }

    /// This node.
    public let node: NodeID
    /// The member list in force.
    public internal(set) var members: MemberList

    var acceptor: Acceptor
    var admission: Admission
    var peers: [NodeID: Standing]
    var operations: [OperationID: Proposer] = [:]
    /// Which operation waits for the replies to a request.
    var owners: [UInt64: OperationID] = [:]
    /// Up to where the registers of a node have been read, and the request that asks for more.
    var readings: [NodeID: (after: RegisterKey?, request: UInt64)] = [:]
    /// The last request before a peer asked about its standing, which it does when it starts.
    var restarts: [NodeID: UInt64] = [:]
    private let firstRequest: UInt64
    private var lastRequest: UInt64

    /// A node as its disk has it.
    ///
    /// `founding` are the members by the configuration, which a later list on the disk overrides.
    /// `isCopied` says that the disk may be an old copy. `random` tells the operations and
    /// requests of this life from those of others.
    public init(
        _ node: NodeID,
        founding: [NodeID],
        state: DurableState,
        isCopied: Bool,
        random: UInt64
    ) {
        self.node = node
        members = state.members ?? MemberList(founding: founding)
        acceptor = Acceptor(registers: state.registers)
        admission = Admission(state.standing, isCopied: isCopied)
        peers = state.peers
        firstRequest = random
        lastRequest = random
    }

    /// Whether this node votes on the registers of the cluster.
    public var isVoting: Bool { admission.mayVote(among: members.nodes, self: node) }

    /// Whether this node votes and every other member has confirmed that it may.
    public var isSettled: Bool { isVoting && admission.isComplete(among: others) }

    /// Members that this node still has to hear, or to read, before it votes or is sure.
    public var awaited: [NodeID] {
        let unread = admission.unread
        return unread.isEmpty ? admission.unanswered(among: others) : unread
    }

    /// A number for a new operation of this node.
    public mutating func makeOperation() -> OperationID {
        OperationID(node: node, number: makeRequest())
    }

    /// The registers of which this node has seen at least a ballot.
    public var keys: [RegisterKey] { acceptor.registers.keys.sorted() }

    /// Takes an event.
    public mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .operate(let id, let key, let electorate, let change):
            operations[id] = Proposer(id, key, electorate, change)
            return begin(id)
        case .retry(let id): return begin(id)
        case .expire(let id):
            guard let proposer = operations[id] else { return [] }
            return end(proposer, proposer.expired)
        case .reply(let peer, let request, let reply):
            return take(reply, from: peer, request: request)
        case .silence(let peer, let request):
            guard let id = owners[request], let step = operations[id]?.miss(peer) else {
                return []
            }
            return follow(step, of: id)
        case .tick: return tick()
        }
    }

    var others: [NodeID] { members.nodes.filter { $0 != node } }

    mutating func makeRequest() -> UInt64 {
        lastRequest &+= 1
        return lastRequest
    }

    /// Whether this node made the request in this life.
    func isOwn(_ request: UInt64) -> Bool {
        request != firstRequest && request &- firstRequest <= lastRequest &- firstRequest
    }

    /// Notes that a peer has started: what it answered to earlier requests may be forgotten.
    mutating func noteRestart(of peer: NodeID) { restarts[peer] = lastRequest }

    /// Whether the peer has started since the request was made.
    func isOutlived(_ request: UInt64, by peer: NodeID) -> Bool {
        guard let last = restarts[peer] else { return false }
        return request &- firstRequest <= last &- firstRequest
    }

    func request(_ body: RegisterRequest.Body) -> RegisterRequest {
        RegisterRequest(standing: admission.standing, body: body)
    }

    func reply(_ body: RegisterReply.Body) -> RegisterReply {
        // Below 2 there is no earlier incarnation that could have voted.
        let incarnations = peers.filter { $0.value.incarnation > 1 }.map {
            RegisterReply.Incarnation(node: $0.key, number: $0.value.incarnation)
        }
        return RegisterReply(
            standing: admission.standing,
            incarnations: incarnations,
            body: body
        )
    }
}
