import Domain

/// What a sweep starts, stops and keeps: events in, one action out; no I/O, no clock, no thread.
///
///     trying ──every trial is measured or out──► crowning ──the best one's last run ended──► over
///        └──────no trial was measured──────────────────────────────────────────────────────► over
///
/// Halving is asynchronous: after 1, 3, 9, … epochs a run's loss is compared with what the other
/// runs of that fold had after as many. Whoever is not among the best third falls behind, and is
/// stopped; the first two to get so far are never judged.
/// Source: Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, in the
/// form that stops runs instead of pausing them.
struct SweepMachine {
    /// One run of a trial.
    struct Job: Hashable, Sendable {
        /// The trial's number, from 1.
        let trial: Int
        /// The fold, from 0; nil where there are none.
        let fold: Int?
    }

    /// How good a run was.
    struct Score: Equatable, Sendable {
        /// The metric, turned so that more is better.
        var value: Double
        /// Decides between equals; less is better.
        var loss: Double
    }

    enum Action: Equatable {
        /// Start this run.
        case start(Job)
        /// Train the best trial once more, to be kept.
        case crown(trial: Int)
        /// Nothing until a run has ended.
        case wait
        /// Everything is done.
        case end
        /// There is nothing to keep.
        case fail(reason: String)
    }

    /// How a trial stands.
    enum Standing: Equatable {
        case waiting
        case running
        case measured
        case behind
        /// A run ended without a score.
        case out(reason: String)
    }

    static let rungs = [1, 3, 9, 27, 81, 243]
    private static let reduction = 3

    private let spec: SweepSpec
    private var waiting: [Job] = []
    private var running: Set<Job> = []
    private var scores: [Job: Score] = [:]
    private var isOut: [Int: Standing] = [:]
    private var reached: [Rung: Double] = [:]
    private var isCrowned = false

    private struct Rung: Hashable {
        let job: Job
        let epochs: Int
    }

    init(_ spec: SweepSpec) {
        self.spec = spec
        for trial in 1...Swift.max(1, spec.trials.count) {
            waiting += folds.map { Job(trial: trial, fold: $0) }
        }
    }

    private var folds: [Int?] { spec.folds.map { Array(0..<$0) } ?? [nil] }

    /// What to do now; asked again after each action and each event.
    mutating func next() -> Action {
        if running.count < Swift.max(1, spec.parallel), !waiting.isEmpty {
            let job = waiting.removeFirst()
            running.insert(job)
            return .start(job)
        }
        guard running.isEmpty else { return .wait }
        if isCrowned { return .end }
        guard let best else { return .fail(reason: failure) }
        isCrowned = true
        return .crown(trial: best)
    }

    private var failure: String {
        let reasons = isOut.sorted { $0.key < $1.key }.compactMap { trial, standing in
            if case .out(let reason) = standing { "trial \(trial) ended \(reason)" } else { nil }
        }
        return "no trial could be measured: " + reasons.prefix(3).joined(separator: ", ")
    }

    /// A run has ended; without a score its trial is out.
    mutating func ended(_ job: Job, _ score: Score?, because reason: String) {
        running.remove(job)
        waiting.removeAll { $0 == job }
        if let score, isOut[job.trial] == nil {
            scores[job] = score
        } else if isOut[job.trial] == nil {
            leave(job.trial, .out(reason: reason))
        }
    }

    /// A run's loss after so many epochs; true where it has fallen behind and is to be stopped.
    mutating func reached(_ job: Job, epochs: Int, loss: Double) -> Bool {
        guard spec.isHalving, isOut[job.trial] == nil else { return false }
        let rung = Rung(job: job, epochs: epochs)
        guard reached[rung] == nil else { return false }
        reached[rung] = loss
        let others = reached.filter { $0.key.epochs == epochs && $0.key.job.fold == job.fold }
        let better = others.count { $0.value < loss }
        let kept = (others.count + Self.reduction - 1) / Self.reduction
        guard others.count >= Self.reduction, better >= kept else { return false }
        leave(job.trial, .behind)
        return true
    }

    /// The first rung that this run has not passed yet; nil where nothing is judged any more.
    func nextRung(of job: Job) -> Int? {
        guard spec.isHalving, isOut[job.trial] == nil else { return nil }
        return Self.rungs.first { reached[Rung(job: job, epochs: $0)] == nil }
    }

    /// Takes up a trial that had fallen behind before the daemon was started again.
    mutating func leftBehind(_ trial: Int) { leave(trial, .behind) }

    private mutating func leave(_ trial: Int, _ standing: Standing) {
        isOut[trial] = standing
        waiting.removeAll { $0.trial == trial }
    }

    /// The trials that have fallen behind.
    var behind: [Int] { isOut.filter { $0.value == .behind }.keys.sorted() }

    /// The best trial that has been measured on all folds; nil where there is none.
    var best: Int? {
        let measured = spec.trials.indices.map { $0 + 1 }.compactMap { trial in
            mean(of: trial).map { (trial: trial, score: $0) }
        }
        return measured.min {
            ($1.score.value, $0.score.loss, $0.trial) < ($0.score.value, $1.score.loss, $1.trial)
        }?.trial
    }

    /// The mean over the folds; nil until all are there.
    func mean(of trial: Int) -> Score? {
        guard isOut[trial] == nil else { return nil }
        let all = folds.compactMap { scores[Job(trial: trial, fold: $0)] }
        guard all.count == folds.count else { return nil }
        let count = Double(all.count)
        return Score(
            value: all.reduce(0) { $0 + $1.value } / count,
            loss: all.reduce(0) { $0 + $1.loss } / count
        )
    }

    /// How a trial stands.
    func standing(of trial: Int) -> Standing {
        if let out = isOut[trial] { return out }
        if mean(of: trial) != nil { return .measured }
        return running.contains { $0.trial == trial } ? .running : .waiting
    }
}
