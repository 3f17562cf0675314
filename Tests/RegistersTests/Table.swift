import Domain
import Registers

/// Nodes around one table: every message arrives at once and in order; nothing is random.
final class Table {
    var nodes: [NodeID: RegisterNode] = [:]
    var disks: [NodeID: DurableState] = [:]
    /// Nodes that answer nothing.
    var away: Set<NodeID> = []
    var outcomes: [OperationID: RegisterOutcome] = [:]
    /// Attempts that gave up, to be retried or not.
    var resting: [OperationID] = []
    private var random: UInt64 = 0

    /// Seats everybody and lets them agree that they may vote.
    init(_ names: [String]) {
        let members = names.map { NodeID(checked: $0) }
        for node in members { seat(node, founding: members) }
        for _ in 0..<3 { for node in members { tell(.tick, to: node) } }
    }

    /// Seats a node with what its disk holds.
    func seat(_ node: NodeID, founding: [NodeID], isCopied: Bool = false) {
        random += 1 << 32
        nodes[node] = RegisterNode(
            node,
            founding: founding,
            state: disks[node] ?? DurableState(),
            isCopied: isCopied,
            random: random
        )
    }

    /// Asks `node` and returns what it says; `expire` ends what does not end by itself.
    func ask(
        _ node: String,
        _ key: RegisterKey,
        _ change: RegisterChange,
        among electorate: Electorate = .members
    ) -> RegisterOutcome? {
        let node = NodeID(checked: node)
        guard let id = nodes[node]?.makeOperation() else { return nil }
        tell(.operate(id, key, electorate, change), to: node)
        for _ in 0..<3 where outcomes[id] == nil { tell(.retry(id), to: node) }
        if outcomes[id] == nil { tell(.expire(id), to: node) }
        return outcomes[id]
    }

    /// Whether everybody votes and is sure of it.
    var isSettled: Bool { nodes.values.allSatisfy(\.isSettled) }

    /// A number for an operation at `node`.
    func operation(at node: NodeID) -> OperationID? { nodes[node]?.makeOperation() }

    /// What `node` wants done about an event, without doing it.
    func actions(_ event: RegisterNode.Event, at node: NodeID) -> [RegisterNode.Action] {
        nodes[node]?.handle(event) ?? []
    }

    /// What `node` answers, once that is on its disk.
    func reply(of node: NodeID, to request: RegisterRequest, from peer: NodeID) -> RegisterReply? {
        guard let answer = nodes[node]?.handle(request, from: peer) else { return nil }
        persist(answer.persist, at: node)
        return answer.reply
    }

    func tell(_ event: RegisterNode.Event, to node: NodeID) {
        guard let actions = nodes[node]?.handle(event) else { return }
        for action in actions { perform(action, at: node) }
    }

    private func perform(_ action: RegisterNode.Action, at node: NodeID) {
        switch action {
        case .persist(let records): persist(records, at: node)
        case .retryLater(let id, _): resting.append(id)
        case .finish(let id, let outcome): outcomes[id] = outcome
        case .send(let peer, let number, let request):
            guard !away.contains(peer), let reply = reply(of: peer, to: request, from: node)
            else { return tell(.silence(of: peer, request: number), to: node) }
            tell(.reply(from: peer, request: number, reply), to: node)
        }
    }

    private func persist(_ records: [DurableRecord], at node: NodeID) {
        for record in records { disks[node, default: DurableState()].apply(record) }
    }
}
