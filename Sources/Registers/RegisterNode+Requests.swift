public import Domain

/// Requests of peers, and of this node to itself.
extension RegisterNode {
    /// What a request is answered with.
    public struct Answer: Hashable, Sendable {
        /// What must be on the disk before the reply leaves; empty if nothing.
        public var persist: [DurableRecord]
        /// What is answered.
        public var reply: RegisterReply
    }

    /// Takes a peer's request and answers it; the answer must not leave before it is persisted.
    public mutating func handle(_ request: RegisterRequest, from peer: NodeID) -> Answer {
        switch request.body {
        case .prepare(let key, let ballot, let scope):
            return vote(on: key, scope, request, from: peer) { acceptor, seats in
                acceptor.prepare(key, ballot, seats: seats)
            }
        case .accept(let key, let proposal, let scope):
            return vote(on: key, scope, request, from: peer) { acceptor, seats in
                acceptor.accept(key, proposal, seats: seats)
            }
        case .standing:
            noteRestart(of: peer)
            let remembered = peers[peer] ?? .none
            return answer(.standing(remembered: remembered, isVoting: isVoting))
        case .claim(let incarnation): return claim(incarnation, from: peer, after: nil)
        case .registers(let incarnation, let key):
            return claim(incarnation, from: peer, after: .some(key))
        case .members(let list):
            let record = take(list)
            return Answer(persist: record.map { [$0] } ?? [], reply: reply(.members(members)))
        }
    }

    private func answer(_ body: RegisterReply.Body) -> Answer {
        Answer(persist: [], reply: reply(body))
    }

    private mutating func vote(
        on key: RegisterKey,
        _ scope: RegisterRequest.Scope,
        _ request: RegisterRequest,
        from peer: NodeID,
        _ body: (inout Acceptor, [NodeID]?) -> Acceptor.Vote
    ) -> Answer {
        let seats: [NodeID]?
        switch scope {
        case .members(_, let theirs):
            guard theirs == members.fingerprint else { return answer(.otherMembers(members)) }
            seats = nil
        case .seats(let nodes): seats = nodes
        }
        if let state = acceptor.registers[key], state.seats != seats {
            return answer(
                .otherSeats(mine: digest(of: state.seats), yours: digest(of: seats))
            )
        }
        guard admission.mayVote(among: seats ?? members.nodes, self: node) else {
            return answer(.noVote)
        }
        switch body(&acceptor, seats) {
        case .outbid(let ballot): return answer(.outbid(ballot))
        case .promised(let state, let accepted):
            return written(key, state, .promised(accepted), request, peer)
        case .accepted(let state): return written(key, state, .accepted, request, peer)
        }
    }

    /// The answer to a vote: what it changed, and how far voter and proposer remember.
    private mutating func written(
        _ key: RegisterKey,
        _ state: RegisterState,
        _ body: RegisterReply.Body,
        _ request: RegisterRequest,
        _ peer: NodeID
    ) -> Answer {
        admission.countVote()
        var records: [DurableRecord] = [.register(key, state)]
        if let own = admission.own { records.append(.standing(own)) }
        if peer != node {
            var seen = peers[peer] ?? .none
            if seen.merge(request.standing) { peers[peer] = seen }
            records.append(.peer(peer, seen))
        }
        return Answer(persist: records, reply: reply(body))
    }

    /// Remembers an incarnation of a peer and, where `key` is given, tells the registers behind it.
    private mutating func claim(
        _ incarnation: UInt64,
        from peer: NodeID,
        after key: RegisterKey??
    ) -> Answer {
        var seen = peers[peer] ?? .none
        guard seen.incarnation <= incarnation else {
            return answer(.claimRefused(remembered: seen))
        }
        if case .some = key, !isVoting { return answer(.noVote) }
        seen.incarnation = incarnation
        peers[peer] = seen
        let records = [DurableRecord.peer(peer, seen)]
        guard case .some(let after) = key else {
            return Answer(persist: records, reply: reply(.claimed(remembered: seen)))
        }
        let page = acceptor.page(after: after)
        return Answer(
            persist: records,
            reply: reply(.registers(page.entries, isLast: page.isLast))
        )
    }

    private func digest(of seats: [NodeID]?) -> Fingerprint {
        seats.map { Fingerprint(of: $0.map(\.text).joined(separator: ",")) } ?? members.fingerprint
    }
}
