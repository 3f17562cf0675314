import Domain

/// The search for the machine of one pair of classes, over the rows of all ranks.
///
///     min over α:  ½ Σ α_s α_t y_s y_t K_st − Σ α,    0 ≤ α_t ≤ C_t,  Σ y_t α_t = 0
///
/// in blocks: the variables that violate most on any rank, half of them allowed to go up and half
/// down and the most violating pair always among them, and the newest of the last block, the free
/// ones first; their own part of the dual is solved, and every rank takes it into account for its
/// rows with one row of the kernel matrix for each variable that moved.
///
///     whole window ──few can still move──▶ narrow window ──these are done──▶ whole window
///
/// In a narrow window (shrinking) rows of the kernel matrix are only as long as it is. What moved
/// meanwhile is made up for at its end, once for each row that moved, however often it did: so
/// shrinking makes no more kernel values than doing without would.
///
/// Source: Joachims, "Making large-scale SVM learning practical", 1998; Wen et al., "ThunderSVM",
/// JMLR 19, 2018.
final class PairSearch {
    /// What stays the same over a search.
    struct Options {
        /// Violation at which it ends.
        var tolerance = 1e-3
        /// Bytes of kernel values kept at most.
        var cacheBytes = 200 << 20
        /// Variables of a block at most.
        var blockRows = 256
        /// Variables of all ranks from which on windows are narrowed; nil never.
        var narrowFrom: Int? = 2000
        /// Moves within a block at most, for each of its variables.
        var movesPerRow = 100
    }

    let options: Options
    let blocks: KernelBlocks
    let meeting: KernelMeeting
    let known: KnownRows
    let whole: SearchWindow
    var narrow: SearchWindow?
    var kept: [WorkingRow] = []
    /// Σ of the moves of α·y since the window is narrow, by the names of their rows.
    var pending: [Int: Double] = [:]
    /// Smallest and largest v of the last look.
    var band = (low: -Double.infinity, high: Double.infinity)
    /// Blocks since the window last changed.
    var blocksInWindow = 0
    var blocksDone = 0
    /// The violation at the last look.
    var gap = Double.infinity
    /// By how much the dual has fallen.
    var gain = 0.0
    /// How large the dual was about before; its last digits count for the end.
    var scale = 0.0
    /// The least violation at any look.
    var leastGap = Double.infinity
    /// Blocks in a row that neither lowered the dual by more than its last digits nor brought a
    /// lesser violation.
    var idleBlocks = 0
    /// Whether rows that moved may be unknown to other ranks.
    var isResumed = false
    /// Of the whole window at the end: the largest v that may go up, the smallest that may go down.
    var ends = (largest: -Double.infinity, smallest: Double.infinity)

    init(
        _ window: SearchWindow,
        _ options: Options,
        blocks: KernelBlocks,
        meeting: KernelMeeting,
        known: KnownRows
    ) {
        (whole, self.options, self.blocks) = (window, options, blocks)
        (self.meeting, self.known) = (meeting, known)
    }

    /// A violation is less only if it is below this share of the least so far.
    static let lesser = 0.999
    /// Share of the dual that its last digits are.
    static let lastDigits = 1e-14

    var window: SearchWindow { narrow ?? whole }
    var isAlone: Bool { meeting.worldSize == 1 }

    /// Solves one block, or finds that none is needed.
    func advance() throws(LearningError) -> SolverVerdict {
        for row in kept where row.owner == meeting.rank { window.isKept[row.variable] = true }
        let wanted = options.blockRows - kept.count
        let found = window.look(countMax: wanted, band: band)
        for row in kept where row.owner == meeting.rank { window.isKept[row.variable] = false }
        let news = try exchange(found, wanted: wanted)
        let largest = news.reduce(-Double.infinity) { Swift.max($0, $1.largest) }
        let smallest = news.reduce(Double.infinity) { Swift.min($0, $1.smallest) }
        let lively = news.reduce(0) { $0 + $1.lively }
        let count = news.reduce(0) { $0 + $1.count }
        gap = largest - smallest
        if gap < PairSearch.lesser * leastGap { (leastGap, idleBlocks) = (gap, 0) }
        if gap <= options.tolerance {
            guard narrow != nil else {
                ends = (largest, smallest)
                return .converged
            }
            try widen()
            return .moved
        }
        defer { band = (smallest, largest) }
        if shouldNarrow(lively: lively, of: count) {
            narrowWindow()
            return .moved
        }
        let working = choose(news, wanted: wanted)
        return try solve(working)
    }

    /// Whether so few can still move that a window of them pays.
    private func shouldNarrow(lively: Int, of count: Int) -> Bool {
        guard narrow == nil, let from = options.narrowFrom, count >= from else { return false }
        return blocksInWindow >= narrowAfter && 2 * lively <= count
    }

    /// The kept rows, then the most violating of all ranks, upwards and downwards in turn.
    private func choose(_ news: [BlockNews], wanted: Int) -> [WorkingRow] {
        var working = kept
        let places = Dictionary(
            news.flatMap { $0.lists[0] }.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        for index in working.indices {
            guard let now = places[working[index].name] else { continue }
            working[index] = now
        }
        let up = news.flatMap { $0.lists[1] }.sorted {
            ($1.v, $0.owner, $0.variable) < ($0.v, $1.owner, $1.variable)
        }
        let down = news.flatMap { $0.lists[2] }.sorted {
            ($0.v, $0.owner, $0.variable) < ($1.v, $1.owner, $1.variable)
        }
        var taken = Set(working.map(\.name))
        let most = working.count + wanted
        for index in 0..<Swift.max(up.count, down.count) {
            for list in [up, down] where index < list.count && working.count < most {
                if taken.insert(list[index].name).inserted { working.append(list[index]) }
            }
        }
        return working
    }

    private func solve(_ working: [WorkingRow]) throws(LearningError) -> SolverVerdict {
        whole.cache.beginBlock()
        narrow?.cache.beginBlock()
        let lines = try kernelRows(of: working, in: window)
        var set = WorkingSet(
            isFirst: working.map(\.isFirst),
            alpha: working.map(\.alpha),
            cost: working.map { $0.isFirst ? whole.costs[0] : whole.costs[1] },
            v: working.map(\.v),
            matrix: isAlone ? matrix(working, lines) : try matrix(working)
        )
        guard set.matrix.allSatisfy(\.isFinite) else { throw .kernelNotFinite }
        set.solve(
            tolerance: Swift.max(0.5 * options.tolerance, innerShare * gap),
            movesMax: options.movesPerRow * working.count
        )
        blocksDone += 1
        blocksInWindow += 1
        gain += set.gain
        idleBlocks = set.gain > PairSearch.lastDigits * Swift.max(gain, scale) ? 0 : idleBlocks + 1
        apply(set, working, lines)
        keep(set, working)
        meeting.tick()
        return set.moves > 0 && idleBlocks < idleBlocksMax ? .moved : .exhausted
    }

    private func apply(_ set: WorkingSet, _ working: [WorkingRow], _ lines: [[Line]]) {
        var factors: [Double] = []
        var moved: [Int] = []
        for (place, row) in working.enumerated() where set.alpha[place] != row.alpha {
            let move = set.alpha[place] - row.alpha
            let signed = row.isFirst ? move : -move
            factors.append(-signed)
            moved.append(place)
            if narrow != nil { pending[row.name, default: 0] += signed }
            if row.owner == meeting.rank { window.alpha[row.variable] = set.alpha[place] }
        }
        let own = lines.map { part in moved.map { part[$0] } }
        window.addRows(own, factors)
    }

    /// Keeps up to half a block: the newest, the free ones first.
    private func keep(_ set: WorkingSet, _ working: [WorkingRow]) {
        let newest = Array(working.indices.reversed())
        let isFree = working.indices.map { set.alpha[$0] > 0 && set.alpha[$0] < set.cost[$0] }
        let ranked = newest.filter { isFree[$0] } + newest.filter { !isFree[$0] }
        // A block of two has room for the most violating pair alone.
        let count = options.blockRows < 4 ? 0 : options.blockRows / 2
        kept = ranked.prefix(count).sorted().map { working[$0] }
    }
}

/// Values of one row of the kernel matrix with the rows of one class in a window.
typealias Line = UnsafeMutablePointer<Float>

/// Blocks before a window is narrowed, so that what lies at a bound has had time to settle.
private let narrowAfter = 6
/// Idle blocks after which nothing more is to be won in 64-bit numbers.
private let idleBlocksMax = 100
/// To which share of the violation a block's own part is solved: what it takes further is undone by
/// the next one.
private let innerShare = 0.1
