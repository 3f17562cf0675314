/// A search in which every rank solves its own rows, and support vectors are merged until no row of
/// any rank violates.
///
///     local ──all ranks done──▶ look ──some pair violates──▶ shared ──all pairs done──▶ look
///                                └──none does──▶ done
///
/// - local: every rank solves its own rows by itself.
/// - look: all rows of all ranks under the same (α, b). A pair is done where the largest v that may
///   go up exceeds the smallest that may go down by no more than the tolerance. Of the others every
///   rank adds its worst violators to the shared set; what has α > 0 is never dropped from it,
///   other rows only after the dual strictly rose.
/// - shared: the shared set of each pair is solved from where it stood, by one rank; pairs are
///   dealt to ranks, and all take over α.
///
/// Source: Graf et al., "Parallel support vector machines: the cascade SVM", NIPS 2004, with the
/// feedback over all rows that makes its end the optimum.
public final class CascadeKernelSolver: KernelSolver {
    enum Phase: Int { case local, look, shared, done }

    let data: KernelData
    let plan: KernelPlan
    let meeting: KernelMeeting
    let known: KnownRows
    let pairs: [ClassPair]
    var phase = Phase.local
    var blocksDone = 0
    var rounds = 0
    /// The search of every pair's own rows: it holds v of them under the shared α.
    let searches: [PairSearch]
    /// The shared set of each pair.
    var sets: [SharedSet]
    /// This rank's own solution, while it is being found, with v of the pairs that are done.
    var local: ExactKernelSolver?
    /// Pairs of this round whose shared set this rank solves, and the one in hand.
    var queue: [Int] = []
    /// Pairs of this round of which some rank has told the solution.
    var solved: Set<Int> = []
    var inHand: PairSearch?
    /// What the search in hand takes up once its rows are there again.
    var handSaved: SolverState?
    /// Whether nothing moved in this round, and how many rounds in a row brought nothing.
    var isIdle = false
    var idleRounds = 0
    /// The least violation of the worst pair at any look.
    var leastGap = Double.infinity
    /// Whether the rows of the shared sets must be told anew.
    var isResumed = false
    var results: [PairResult] = []
    /// Which wishes end a merge before its time.
    public var isInterruptedBy: ([Double]) -> Bool = { _ in false }

    /// A search over this rank's rows.
    public init(_ data: KernelData, _ plan: KernelPlan, meeting: KernelMeeting) {
        (self.data, self.plan, self.meeting) = (data, plan, meeting)
        let known = KnownRows(columns: data.rows.columns, isSparse: data.rows.isSparse)
        let pairs = ClassPair.all(data.classes)
        let cache = KernelCache(bytesMax: plan.cacheBytes / 2)
        let blocks = KernelBlocks(plan.function)
        (self.known, self.pairs) = (known, pairs)
        let most = pairs.map { data.pairCount($0) }.max() ?? 1
        var options = plan.options(rowsMax: most)
        options.cacheBytes = plan.cacheBytes / 2
        searches = pairs.map { pair in
            PairSearch(
                data.window(pair, costs: plan.costs, cache: cache),
                options,
                blocks: blocks,
                meeting: meeting,
                known: known
            )
        }
        sets = pairs.map { _ in SharedSet() }
        local = CascadeKernelSolver.makeLocal(data, plan, meeting)
    }

    static func makeLocal(
        _ data: KernelData,
        _ plan: KernelPlan,
        _ meeting: KernelMeeting
    ) -> ExactKernelSolver {
        var own = plan
        // What the merge changes anyway need not be exact.
        own.tolerance = Swift.max(plan.tolerance, localTolerance)
        own.cacheBytes = plan.cacheBytes / 2
        let alone = KernelMeeting(LoneReducer(), tick: meeting.tick)
        let local = ExactKernelSolver(data, own, meeting: alone)
        local.keepsValues = true
        return local
    }

    /// The mode, and how many pairs there are.
    public var modeText: String { pairs.count == 1 ? "cascade" : "cascade, \(pairs.count) pairs" }

    /// Blocks of all ranks, rounds, violation and objectives so far.
    public var report: KernelReport {
        var report = KernelReport()
        (report.blocks, report.rounds) = (blocksDone, rounds)
        report.pairsDone = sets.count { $0.isDone }
        report.dual = sets.reduce(0) { $0 + ($1.dual.isFinite ? $1.dual : 0) }
        let gap = sets.map(\.gap).max() ?? 0
        if gap.isFinite { report.gap = Swift.max(0, gap) }
        guard !results.isEmpty else { return report }
        report.dual = results.reduce(0) { $0 + $1.dual }
        report.primal = results.reduce(0) { $0 + $1.primal }
        return report
    }

    /// Some blocks on every rank, or a look over all rows.
    public func advance() throws(LearningError) -> SolverVerdict {
        if isResumed { try tellAnew() }
        switch phase {
        case .local: return try advanceLocal()
        case .look: try lookAround()
        case .shared: try advanceShared()
        case .done: break
        }
        return phase == .done ? .converged : .moved
    }

    /// Blocks that a rank solves before it asks the others for their wishes: where the run is to
    /// end after some, all ranks together solve fewer than there are ranks too many.
    var blocksAtOnce: Int {
        guard let most = plan.blocksMax else { return blocksBetweenMeetings }
        let share = (most - blocksDone) / meeting.worldSize
        return Swift.max(1, Swift.min(blocksBetweenMeetings, share))
    }

    private func advanceLocal() throws(LearningError) -> SolverVerdict {
        guard let local else { return .moved }
        let before = local.report.blocks
        var isDone = false
        let end = before + blocksAtOnce
        while !isDone, local.report.blocks < end {
            isDone = try local.advance() == .converged
        }
        var writer = PieceWriter()
        writer.write([isDone ? 1.0 : 0, Double(local.report.blocks - before)])
        var isDoneByAll = true
        for var reader in try meeting.gather(writer.bytes) {
            let part = try reader.finite(2)
            isDoneByAll = isDoneByAll && part[0] != 0
            blocksDone += try reader.whole(part[1], most: blocksBetweenMeetings)
            try reader.finish()
        }
        guard isDoneByAll else { return .moved }
        return try merge(local) ? .moved : .interrupted
    }

    /// Takes the support vectors of all ranks into the shared sets; false where somebody wished to
    /// stop meanwhile: what the ranks found by themselves is then as it was.
    private func merge(_ local: ExactKernelSolver) throws(LearningError) -> Bool {
        for (number, search) in searches.enumerated() {
            search.whole.alpha = local.alphas[number]
            search.whole.v = local.values[number]
        }
        let used = searches.map { search in
            (0..<search.whole.count).filter { search.whole.alpha[$0] > 0 }
        }
        let heard = try share(used).map { members in members.sorted { $0.order < $1.order } }
        for (members, search) in zip(heard, searches) {
            search.pending = [:]
            for member in members where member.owner != meeting.rank {
                search.pending[member.name] = member.isFirst ? member.alpha : -member.alpha
            }
            // As many parts on every rank, for they meet before each.
            let isDone = try search.makeUpForPending(parts: 1 + members.count / mergedAtOnce) {
                () throws(LearningError) in
                _ = try meeting.gather([])
                return !isInterruptedBy(meeting.wishes)
            }
            guard isDone else { return false }
        }
        for (number, members) in heard.enumerated() { sets[number].members = members }
        self.local = nil
        phase = .look
        return true
    }

    /// The machine as it stands; in the local phase the mean of the ranks' own ones.
    public func machine() throws(LearningError) -> KernelMachine {
        if isResumed { try tellAnew() }
        if let local { return try meanMachine(local) }
        results = []
        for (number, search) in searches.enumerated() {
            search.gap = sets[number].gap
            results.append(try search.result())
        }
        return try KernelMachine(
            data,
            alphas: searches.map(\.whole.alpha),
            rho: results.map(\.rho),
            plan,
            meeting
        )
    }

    /// The mean of the machines that the ranks have by themselves, each counting by its rows; a
    /// pair that no rank has begun has no coefficients.
    ///
    /// It takes no kernel value, so that who wants to stop need not wait; nor are objectives known.
    private func meanMachine(_ local: ExactKernelSolver) throws(LearningError) -> KernelMachine {
        let own = pairs.indices.map { number in
            local.standing(number)
                ?? ([Double](repeating: 0, count: data.pairCount(pairs[number])), 0)
        }
        // Who has rows of one class alone tells nothing apart.
        let rows = own.map { one in
            one.alpha.contains { $0 > 0 } ? Double(one.alpha.count) : 0
        }
        let totals = try meeting.sum(rows)
        let shares = zip(rows, totals).map { $1 > $0 ? $0 / $1 : $0 > 0 ? 1 : 0 }
        return try KernelMachine(
            data,
            alphas: zip(own, shares).map { one, share in one.alpha.map { share * $0 } },
            rho: try meeting.sum(zip(own, shares).map { $1 * $0.rho }),
            plan,
            meeting
        )
    }
}

/// The rows of all ranks that take part in the machine of one pair of classes.
struct SharedSet {
    /// In an order that all ranks know: by class, rank and row.
    var members: [WorkingRow] = []
    /// The violation over all rows at the last look.
    var gap = Double.infinity
    /// ½ αᵀQα − Σα at the last look.
    var dual = Double.infinity
    var isDone = false
}

extension WorkingRow {
    /// By class, rank and row.
    var order: (Int, Int, Int) { (isFirst ? 0 : 1, owner, row) }
}

/// So few that a wish is soon heard, so many that ranks seldom wait for each other.
let blocksBetweenMeetings = 4
/// Rows of all ranks that are merged before the ranks ask for each other's wishes again.
private let mergedAtOnce = 256
/// Violation to which a rank solves its own rows.
private let localTolerance = 1e-2
