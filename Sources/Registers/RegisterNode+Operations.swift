internal import Domain

/// Driving operations: ballots, majorities, retries.
extension RegisterNode {
    mutating func begin(_ id: OperationID) -> [Action] {
        guard var proposer = operations[id], proposer.phase == .idle else { return [] }
        let number = makeRequest()
        let floor = acceptor.registers[proposer.key]?.promised.counter ?? 0
        proposer.describe(members.fingerprint)
        proposer.begin(request: number, above: floor, voters: [voters(of: proposer.electorate)])
        operations[id] = proposer
        owners[number] = id
        let body = RegisterRequest.Body.prepare(
            proposer.key,
            proposer.ballot,
            scope(of: proposer.electorate)
        )
        return ask(body, proposer, number)
    }

    /// Votes itself first, so that the others, who keep this node's standing, know of that vote.
    private mutating func ask(
        _ body: RegisterRequest.Body,
        _ proposer: Proposer,
        _ number: UInt64
    ) -> [Action] {
        var actions: [Action] = []
        let voters = Set(proposer.voters.joined())
        var step = Proposer.Step.wait
        if voters.contains(node) {
            let answer = handle(request(body), from: node)
            if !answer.persist.isEmpty { actions.append(.persist(answer.persist)) }
            step = operations[proposer.id]?.take(answer.reply, from: node, known: peers) ?? .wait
        }
        let message = request(body)
        for peer in voters.sorted() where peer != node {
            actions.append(.send(to: peer, request: number, message))
        }
        return actions + follow(step, of: proposer.id)
    }

    mutating func follow(_ step: Proposer.Step, of id: OperationID) -> [Action] {
        guard let proposer = operations[id] else { return [] }
        switch step {
        case .wait: return []
        case .accept(let proposal): return remember(voters: proposer) + propose(proposal, of: id)
        case .finish(let outcome): return remember(voters: proposer) + end(proposer, outcome)
        case .fail: return rest(id)
        }
    }

    private mutating func propose(_ proposal: Proposal, of id: OperationID) -> [Action] {
        guard var proposer = operations[id] else { return [] }
        owners[proposer.request] = nil
        var lists = [voters(of: proposer.electorate)]
        // A member list must be held by a majority of those before and of those after it.
        if proposer.key == .members, let next = try? MemberList(bytes: proposal.value.bytes),
            next.fingerprint != members.fingerprint
        {
            lists.append(next.nodes)
        }
        let number = makeRequest()
        proposer.propose(proposal, request: number, voters: lists)
        operations[id] = proposer
        owners[number] = id
        let scope = scope(of: proposer.electorate)
        return ask(.accept(proposer.key, proposal, scope), proposer, number)
    }

    private mutating func rest(_ id: OperationID) -> [Action] {
        guard var proposer = operations[id] else { return [] }
        owners[proposer.request] = nil
        proposer.rest()
        operations[id] = proposer
        return [.retryLater(id, attempt: proposer.attempt)]
    }

    mutating func end(_ proposer: Proposer, _ outcome: RegisterOutcome) -> [Action] {
        owners[proposer.request] = nil
        operations[proposer.id] = nil
        var actions: [Action] = []
        if proposer.key == .members, case .committed(let value?) = outcome,
            let list = try? MemberList(bytes: value.bytes)
        {
            actions = adopt(list)
        }
        return actions + [.finish(proposer.id, outcome)]
    }

    /// Writes down how far the memory of the counted voters reaches, before their votes are used:
    /// if one of them loses them, somebody must know.
    private func remember(voters proposer: Proposer) -> [Action] {
        let voters = Set(proposer.voters.joined())
        let records = voters.compactMap { voter in
            voter == node ? nil : peers[voter].map { DurableRecord.peer(voter, $0) }
        }
        return records.isEmpty ? [] : [.persist(records)]
    }

    /// Goes by another member list from now on, and tells it on.
    ///
    /// Attempts under way go on: a majority that promised under the list before meets every
    /// majority of this one, and whoever goes by this one refuses what still names the other.
    mutating func adopt(_ list: MemberList) -> [Action] {
        let former = Set(members.nodes).union(list.nodes)
        guard let record = take(list) else { return [] }
        let number = makeRequest()
        let message = request(.members(list))
        let sends = former.sorted().filter { $0 != node }.map {
            Action.send(to: $0, request: number, message)
        }
        return [.persist([record])] + sends
    }

    /// Takes over a later list; nil where it is not later.
    mutating func take(_ list: MemberList) -> DurableRecord? {
        let isSettling =
            list.fingerprint == members.fingerprint && list.isSettled && !members.isSettled
        guard list.sequence > members.sequence || isSettling else { return nil }
        members = list
        return .members(list)
    }

    private func voters(of electorate: Electorate) -> [NodeID] {
        switch electorate {
        case .members: members.nodes
        case .seats(let nodes): nodes
        }
    }

    private func scope(of electorate: Electorate) -> RegisterRequest.Scope {
        switch electorate {
        case .members:
            .members(sequence: members.sequence, members.fingerprint)
        case .seats(let nodes): .seats(nodes)
        }
    }
}
