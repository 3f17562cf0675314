internal import Domain

/// The memory of one node's votes: promises and accepted proposals of all registers.
///
/// Source: Rystsov, "CASPaxos: Replicated State Machines without logs", 2018, §2.2.
struct Acceptor {
    private(set) var registers: [RegisterKey: RegisterState]

    /// Answers to a ballot.
    enum Vote {
        case promised(RegisterState, Proposal?)
        case accepted(RegisterState)
        case outbid(Ballot)
    }

    /// Promises to accept nothing below `ballot`.
    ///
    /// An equal ballot is refused as well: only its proposer makes it, and if that asks twice it
    /// has forgotten that it did.
    mutating func prepare(_ key: RegisterKey, _ ballot: Ballot, seats: [NodeID]?) -> Vote {
        var state = registers[key] ?? RegisterState(seats: seats, promised: ballot, accepted: nil)
        if registers[key] != nil, ballot <= state.promised { return .outbid(state.promised) }
        state.promised = ballot
        registers[key] = state
        return .promised(state, state.accepted)
    }

    /// Accepts a proposal unless a higher ballot is promised.
    mutating func accept(_ key: RegisterKey, _ proposal: Proposal, seats: [NodeID]?) -> Vote {
        if let state = registers[key], proposal.ballot < state.promised {
            return .outbid(state.promised)
        }
        let state = RegisterState(seats: seats, promised: proposal.ballot, accepted: proposal)
        registers[key] = state
        return .accepted(state)
    }

    /// Takes over what another acceptor knows of a register; returns the state if it is news.
    mutating func merge(_ entry: RegisterReply.Entry) -> RegisterState? {
        guard var state = registers[entry.key] else {
            registers[entry.key] = entry.state
            return entry.state
        }
        let before = state
        state.merge(entry.state)
        guard state != before else { return nil }
        registers[entry.key] = state
        return state
    }

    /// The registers behind `key` in the order of their keys, as many as fit one reply.
    func page(after key: RegisterKey?) -> (entries: [RegisterReply.Entry], isLast: Bool) {
        let keys = registers.keys.filter { candidate in key.map { candidate > $0 } ?? true }
            .sorted()
        var entries: [RegisterReply.Entry] = []
        var bytes = 0
        for key in keys {
            guard entries.count < RegisterReply.entriesMax, let state = registers[key] else {
                break
            }
            bytes += state.accepted?.value.bytes.count ?? 0
            guard entries.isEmpty || bytes <= RegisterReply.entryBytesMax else { break }
            entries.append(RegisterReply.Entry(key: key, state: state))
        }
        return (entries, entries.count == keys.count)
    }
}
