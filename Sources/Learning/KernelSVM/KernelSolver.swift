/// A search for a kernel machine that all ranks take together, a block at a time.
public protocol KernelSolver: AnyObject {
    /// Where it stands.
    var report: KernelReport { get }
    /// How the ranks work together, in a word or two.
    var modeText: String { get }
    /// What it needs to go on bit for bit.
    var state: SolverState { get }

    /// Solves one block of one pair of classes; `converged` once no pair violates.
    func advance() throws(LearningError) -> SolverVerdict

    /// Takes up a saved state; false where it is not one of this search.
    func restore(_ state: SolverState) -> Bool

    /// The machine as it stands; all ranks call it together and hold the same bits.
    func machine() throws(LearningError) -> KernelMachine
}

/// Where a search for a kernel machine stands.
public struct KernelReport: Equatable, Sendable {
    /// Blocks solved.
    public var blocks = 0
    /// Rounds of exchange between the ranks.
    public var rounds = 0
    /// The violation of the pair in hand, or at the end the largest of all pairs.
    public var gap: Double?
    /// The dual objective, summed over pairs, as far as it is known.
    public var dual = 0.0
    /// The primal objective, summed over pairs; nil before the end.
    public var primal: Double?
    /// Pairs that are done.
    public var pairsDone = 0

    /// Nothing done yet.
    public init() {}
}

/// A search in which the rows of the kernel matrix are split over the ranks.
///
/// Pairs of classes are searched one after the other; rows of the kernel matrix are kept from one
/// to the next, with the rows of each class apart.
public final class ExactKernelSolver: KernelSolver {
    let data: KernelData
    let plan: KernelPlan
    let meeting: KernelMeeting
    let blocks: KernelBlocks
    let known: KnownRows
    let cache: KernelCache
    let pairs: [ClassPair]
    var alphas: [[Double]] = []
    /// v of the pairs that are done, where it is to be kept.
    var values: [[Double]] = []
    var keepsValues = false
    var results: [PairResult] = []
    var current: PairSearch?
    var blocksBefore = 0
    /// Results of all pairs, where a machine was made before the end.
    private var closing: [PairResult] = []
    private var rowsMax: Int?

    /// A search over this rank's rows.
    public init(_ data: KernelData, _ plan: KernelPlan, meeting: KernelMeeting) {
        (self.data, self.plan, self.meeting) = (data, plan, meeting)
        blocks = KernelBlocks(plan.function)
        known = KnownRows(columns: data.rows.columns, isSparse: data.rows.isSparse)
        cache = KernelCache(bytesMax: plan.cacheBytes)
        pairs = ClassPair.all(data.classes)
    }

    /// Blocks, violation and objectives so far.
    public var report: KernelReport {
        var report = KernelReport()
        report.blocks = blocksBefore + (current?.blocksDone ?? 0)
        report.rounds = meeting.meetings
        report.pairsDone = results.count
        report.dual = results.reduce(0) { $0 + $1.dual } - (current?.gain ?? 0)
        if let gap = current?.gap, gap.isFinite { report.gap = gap }
        if results.count == pairs.count { report.gap = results.map(\.gap).max() ?? 0 }
        let ends = closing.isEmpty ? results : closing
        guard ends.count == pairs.count else { return report }
        report.dual = ends.reduce(0) { $0 + $1.dual }
        report.primal = ends.reduce(0) { $0 + $1.primal }
        return report
    }

    /// The mode, and how many pairs there are.
    public var modeText: String { pairs.count == 1 ? "exact" : "exact, \(pairs.count) pairs" }

    /// Kernel values made on this rank so far.
    public var kernelValues: Int { blocks.values }

    /// Solves one block, or closes a pair.
    public func advance() throws(LearningError) -> SolverVerdict {
        guard results.count < pairs.count else { return .converged }
        let search = try searchInHand()
        switch try search.advance() {
        case .moved, .interrupted: return .moved
        case .diverged: return .diverged
        case .converged, .exhausted:
            if search.narrow != nil { try search.widen() }
            results.append(try search.result())
            alphas.append(search.whole.alpha)
            if keepsValues { values.append(search.whole.v) }
            blocksBefore += search.blocksDone
            current = nil
            return results.count == pairs.count ? .converged : .moved
        }
    }

    private func searchInHand() throws(LearningError) -> PairSearch {
        if let current { return current }
        let search = try makeSearch(pairs[results.count])
        current = search
        return search
    }

    func makeSearch(_ pair: ClassPair) throws(LearningError) -> PairSearch {
        let window = data.window(pair, costs: plan.costs, cache: cache)
        let options = plan.options(rowsMax: try mostRows())
        return PairSearch(window, options, blocks: blocks, meeting: meeting, known: known)
    }

    /// The most rows that one rank has of a pair; all ranks ask together the first time.
    private func mostRows() throws(LearningError) -> Int {
        if let rowsMax { return rowsMax }
        let own = pairs.map { data.range($0.first).count + data.range($0.second).count }
        let most = try meeting.largest(own.max() ?? 1)
        rowsMax = most
        return most
    }

    /// α of this rank's rows of a pair, and rho, as they stand; nil before its search has begun.
    func standing(_ number: Int) -> (alpha: [Double], rho: Double)? {
        if number < results.count { return (alphas[number], results[number].rho) }
        return number == results.count ? current?.standing : nil
    }

    /// The machine as it stands: pairs whose search has not begun have no coefficients.
    public func machine() throws(LearningError) -> KernelMachine {
        var (alphas, ends) = (alphas, results)
        while ends.count < pairs.count {
            let search: PairSearch
            if let current, ends.count == results.count {
                search = current
            } else {
                search = try makeSearch(pairs[ends.count])
            }
            if search.narrow != nil { try search.widen() }
            ends.append(try search.result())
            alphas.append(search.whole.alpha)
        }
        closing = ends
        return try KernelMachine(data, alphas: alphas, rho: ends.map(\.rho), plan, meeting)
    }
}
