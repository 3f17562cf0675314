internal import Domain

/// Whether this node may vote: only if it remembers every vote that anybody counted.
///
///     asking ──all who can answer, a majority, remember no more───────► admitted
///       │ └──new or copied: all answer, nobody remembers more──► claiming ──all agree──► admitted
///       └──somebody remembers more; or new, and a majority of the others vote──► reading
///     reading ──read from a majority of the others──► admitted for their electorates
///     admitted ──somebody remembers more after all──► reading
///
/// A node that starts on its own disk asks the others what they remember of it. The numbers they
/// keep grow with every vote of it that was counted, so a disk that went back in time shows; who
/// was asked counts no answer any more to what it had requested before. A
/// node that is new (or whose disk was copied) has nothing to forget if *all* others say so;
/// otherwise it takes a new incarnation, which makes void what may still be under way of its
/// earlier votes, and reads every register from the others.
///
/// One thing stays out of reach: a disk that goes back in time unknown to anybody here, while
/// whoever counted the lost vote cannot be reached either, is two faults at once; three nodes bear
/// one.
struct Admission {
    enum State: Equatable { case asking, claiming, admitted }

    private(set) var state = State.asking
    /// What is on the disk; nil on a new node until it is admitted.
    private(set) var own: OwnStanding?
    /// The incarnation that is being claimed, or is in force.
    private(set) var incarnation: UInt64
    /// Members that have answered, by whether they vote.
    private var answers: [NodeID: Bool] = [:]
    /// Members that know of the claim.
    private var agreed: Set<NodeID> = []
    private var highest: Standing
    private var isSuspect: Bool

    init(_ own: OwnStanding?, isCopied: Bool) {
        self.own = own
        incarnation = own?.standing.incarnation ?? 0
        highest = own?.standing ?? .none
        isSuspect = own == nil || isCopied
    }

    /// How far this node's memory reaches.
    var standing: Standing { own?.standing ?? Standing(incarnation: incarnation, sequence: 0) }

    /// Nodes whose registers must still be read.
    var unread: [NodeID] { state == .admitted ? own?.unread ?? [] : [] }

    /// Whether everybody has been heard and nothing is left to be read.
    func isComplete(among others: [NodeID]) -> Bool {
        state == .admitted && unread.isEmpty && others.allSatisfy { answers[$0] != nil }
    }

    /// Whether votes of this node count among `voters`.
    func mayVote(among voters: [NodeID], self node: NodeID) -> Bool {
        guard state == .admitted, let own else { return false }
        guard !own.unread.isEmpty else { return true }
        let others = voters.filter { $0 != node }
        let missing = others.count { own.unread.contains($0) }
        return missing == 0 || isMajority(others.count - missing, of: others.count)
    }

    /// Members that have not answered yet.
    func unanswered(among others: [NodeID]) -> [NodeID] { others.filter { answers[$0] == nil } }

    /// Members that do not know of the claim yet.
    func unclaimed(among others: [NodeID]) -> [NodeID] {
        state == .claiming ? others.filter { !agreed.contains($0) } : []
    }

    /// Counts one vote that is about to be written.
    mutating func countVote() { own?.standing.sequence += 1 }

    /// Takes what a member remembers of this node.
    mutating func take(remembered: Standing, isVoting: Bool, from node: NodeID) {
        answers[node] = isVoting
        if remembered.incarnation > standing.incarnation, state != .claiming { isSuspect = true }
        _ = highest.merge(remembered)
    }

    /// Takes a member's word that it knows of the claim.
    mutating func takeAgreement(of node: NodeID, remembered: Standing) {
        highest.sequence = max(highest.sequence, remembered.sequence)
        if remembered.incarnation == incarnation { agreed.insert(node) }
    }

    /// Begins anew where a member knows of a higher incarnation.
    mutating func takeRefusal(remembered: Standing) {
        guard remembered.incarnation > incarnation else { return }
        _ = highest.merge(remembered)
        startAsking()
    }

    /// Whether this disk is known to lack votes.
    private var hasForgotten: Bool {
        highest.sequence > standing.sequence || own.map { !$0.unread.isEmpty } ?? false
    }

    /// Moves on if it can; `isPatient` waits for members that have not answered yet.
    ///
    /// Returns whether the own standing changed and must be written.
    mutating func advance(among others: [NodeID], isPatient: Bool) -> Bool {
        switch state {
        case .asking:
            let answered = others.count { answers[$0] != nil }
            let isEverybody = answered == others.count
            if !isSuspect, highest.sequence <= standing.sequence {
                // Whoever counted a vote that this disk has lost should get its word in.
                let isEnough = !isPatient && isMajority(answered + 1, of: others.count + 1)
                if isEnough || isEverybody { state = .admitted }
                return false
            }
            if isEverybody, !hasForgotten {
                state = .claiming
                incarnation = highest.incarnation + 1
                agreed = []
                return advance(among: others, isPatient: isPatient)
            }
            guard hasForgotten || !isPatient, hasVoters(among: others) else { return false }
            incarnation = highest.incarnation + 1
            admit(unread: others)
            return true
        case .claiming:
            if hasForgotten { startAsking() }
            guard state == .claiming, others.allSatisfy({ agreed.contains($0) }) else {
                return false
            }
            admit(unread: [])
            return true
        case .admitted:
            // Somebody's memory of this node reaches further than its own after all.
            if highest.sequence > standing.sequence
                || highest.incarnation > standing.incarnation
            {
                startAsking()
            }
            return false
        }
    }

    /// Takes the news that all registers of `node` have been read.
    mutating func takeRead(of node: NodeID) { own?.unread.removeAll { $0 == node } }

    private func hasVoters(among others: [NodeID]) -> Bool {
        !others.isEmpty && isMajority(others.count { answers[$0] == true }, of: others.count)
    }

    private mutating func startAsking() {
        state = .asking
        isSuspect = true
        answers = [:]
    }

    private mutating func admit(unread: [NodeID]) {
        let sequence = max(highest.sequence, standing.sequence) + 1
        let standing = Standing(incarnation: incarnation, sequence: sequence)
        highest = standing
        own = OwnStanding(standing: standing, unread: unread)
        isSuspect = false
        state = .admitted
    }
}
