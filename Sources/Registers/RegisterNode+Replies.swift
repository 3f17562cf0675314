internal import Domain

/// Replies of peers, and the admission that they decide.
extension RegisterNode {
    mutating func take(
        _ reply: RegisterReply,
        from peer: NodeID,
        request: UInt64
    ) -> [Action] {
        guard isOwn(request) else { return [] }
        var seen = peers[peer] ?? .none
        if seen.merge(reply.standing) { peers[peer] = seen }
        switch reply.body {
        case .standing(let remembered, let isVoting):
            admission.take(remembered: remembered, isVoting: isVoting, from: peer)
            return advance(isPatient: true)
        case .claimed(let remembered):
            admission.takeAgreement(of: peer, remembered: remembered)
            return advance(isPatient: true)
        case .claimRefused(let remembered):
            admission.takeRefusal(remembered: remembered)
            return []
        case .registers(let entries, let isLast):
            return takeRegisters(entries, isLast: isLast, from: peer, request: request)
        case .members(let list): return adopt(list)
        default: return takeVote(reply, from: peer, request: request)
        }
    }

    private mutating func takeVote(
        _ reply: RegisterReply,
        from peer: NodeID,
        request number: UInt64
    ) -> [Action] {
        var actions: [Action] = []
        if let id = owners[number] {
            // A vote from before a start may be one that the disk it started from has not.
            let step =
                isOutlived(number, by: peer)
                ? operations[id]?.miss(peer)
                : operations[id]?.take(reply, from: peer, known: peers)
            actions = follow(step ?? .wait, of: id)
        }
        guard case .otherMembers(let list) = reply.body else { return actions }
        if list.sequence < members.sequence {
            let message = request(.members(members))
            actions.append(.send(to: peer, request: makeRequest(), message))
        }
        return actions + adopt(list)
    }

    /// Asks whoever has not answered, and gives up waiting for those who do not.
    mutating func tick() -> [Action] {
        // A member that has not answered by now counts as out of reach, unless none has.
        let isFirst = admission.unanswered(among: others).count == others.count
        return advance(isPatient: isFirst) + askForAdmission()
    }

    private mutating func askForAdmission() -> [Action] {
        let number = makeRequest()
        let asked = admission.state != .admitted ? others : admission.unanswered(among: others)
        var actions = asked.map { Action.send(to: $0, request: number, request(.standing)) }
        actions += askForClaims()
        return actions + askForRegisters()
    }

    private mutating func askForClaims() -> [Action] {
        let number = makeRequest()
        let message = request(.claim(incarnation: admission.incarnation))
        return admission.unclaimed(among: others).map {
            .send(to: $0, request: number, message)
        }
    }

    private mutating func askForRegisters() -> [Action] {
        admission.unread.map { peer in
            askForRegisters(of: peer, after: readings[peer]?.after)
        }
    }

    private mutating func askForRegisters(of peer: NodeID, after key: RegisterKey?) -> Action {
        let number = makeRequest()
        readings[peer] = (key, number)
        let body = RegisterRequest.Body.registers(incarnation: admission.incarnation, after: key)
        return .send(to: peer, request: number, request(body))
    }

    private mutating func advance(isPatient: Bool) -> [Action] {
        let before = (admission.state, admission.incarnation)
        let mustWrite = admission.advance(among: others, isPatient: isPatient)
        guard (admission.state, admission.incarnation) != before else { return [] }
        var actions: [Action] = []
        if mustWrite, let own = admission.own { actions.append(.persist([.standing(own)])) }
        readings = [:]
        return actions + askForClaims() + askForRegisters()
    }

    private mutating func takeRegisters(
        _ entries: [RegisterReply.Entry],
        isLast: Bool,
        from peer: NodeID,
        request number: UInt64
    ) -> [Action] {
        guard readings[peer]?.request == number, admission.unread.contains(peer) else { return [] }
        var records: [DurableRecord] = []
        for entry in entries {
            if let state = acceptor.merge(entry) { records.append(.register(entry.key, state)) }
        }
        guard isLast || !entries.isEmpty else { return [] }
        if isLast {
            readings[peer] = nil
            admission.takeRead(of: peer)
            if let own = admission.own { records.append(.standing(own)) }
            return [.persist(records)]
        }
        let persist: [Action] = records.isEmpty ? [] : [.persist(records)]
        return persist + [askForRegisters(of: peer, after: entries.last?.key)]
    }
}
