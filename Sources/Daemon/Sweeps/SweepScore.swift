import ControlAPI
import Domain

/// What is compared where nobody said: accuracy for classes, R² for real values.
func defaultMetric(for labels: LabelKind) -> MetricName {
    switch labels {
    case .classes: .accuracy
    case .real: .r2
    }
}

/// How good an ended run was on rows it had not trained on; nil where that was not measured.
func score(of run: RunRecord, by metric: MetricName) -> SweepMachine.Score? {
    guard let result = run.result, result.outcome.isSuccess,
        let held = result.metrics.first(where: { $0.on != "training" }),
        let value = value(of: metric, in: held), value.isFinite
    else { return nil }
    let loss = held.logLoss ?? held.rmse ?? 0
    return SweepMachine.Score(
        value: metric.isBetterHigher ? value : -value,
        loss: loss.isFinite ? loss : .infinity
    )
}

private func value(of metric: MetricName, in metrics: Metrics) -> Double? {
    switch metric {
    case .accuracy: metrics.accuracy
    case .balancedAccuracy: metrics.balancedAccuracy
    case .f1: metrics.f1
    case .rocAUC: metrics.rocAUC
    case .prAUC: metrics.prAUC
    case .logLoss, .loss: metrics.logLoss ?? metrics.rmse
    case .rmse: metrics.rmse
    case .r2: metrics.r2
    }
}

/// The run of a trial as its record says it.
func job(of run: RunRecord) -> SweepMachine.Job? {
    guard let tag = run.spec.sweep, !tag.isFinal else { return nil }
    return SweepMachine.Job(trial: tag.trial, fold: run.spec.fold?.index)
}

/// A machine that knows what has run; a run that was stopped or lost counts as not run.
func machine(of record: SweepRecord, after runs: [RunRecord]) -> SweepMachine {
    var machine = SweepMachine(record.spec)
    for trial in record.behind { machine.leftBehind(trial) }
    for run in runs {
        guard let job = job(of: run), run.status == .ended, let outcome = run.result?.outcome
        else { continue }
        let score = score(of: run, by: record.spec.metric ?? .accuracy)
        if score != nil || outcome == .diverged || outcome.isSuccess {
            let reason =
                outcome.isSuccess
                ? "without a \(record.spec.metric?.rawValue ?? "metric")"
                : outcome.rawValue
            machine.ended(job, score, because: reason)
        }
    }
    return machine
}

extension SweepDocument {
    /// The document of a sweep and its runs.
    init(_ record: SweepRecord, runs: [RunRecord]) {
        let metric = record.spec.metric ?? .accuracy
        self.init(record, metric: metric)
        let machine = machine(of: record, after: runs)
        let sorted = runs.sorted {
            ($0.spec.fold?.index ?? 0, $0.startedAt) < ($1.spec.fold?.index ?? 0, $1.startedAt)
        }
        for place in trials.indices {
            let mine = sorted.filter { job(of: $0)?.trial == trials[place].trial }
            trials[place].take(mine, machine.standing(of: trials[place].trial), metric)
        }
        best = machine.best
        guard let last = sorted.last(where: { $0.spec.sweep?.isFinal == true }) else { return }
        run = last.id
        model = last.status == .ended && last.result?.outcome.isSuccess == true ? last.model : nil
    }
}

extension SweepDocument.Trial {
    fileprivate mutating func take(
        _ mine: [RunRecord],
        _ standing: SweepMachine.Standing,
        _ metric: MetricName
    ) {
        let isLive = mine.contains { $0.status != .ended }
        state =
            switch standing {
            case .measured: "measured"
            case .behind: "behind"
            case .out(let reason): reason
            case .running, .waiting: isLive ? "running" : interrupted(mine) ?? "waiting"
            }
        runs = mine.map(\.id)
        epochs = mine.reduce(0) { $0 + ($1.result?.epochs ?? $1.progress?.epoch ?? 0) }
        seconds = mine.reduce(0) { $0 + ($1.result?.wallSeconds ?? $1.progress?.seconds ?? 0) }
        let losses = mine.compactMap { $0.result.map(\.loss) ?? $0.progress?.loss }
            .filter(\.isFinite)
        loss = losses.isEmpty ? nil : losses.reduce(0, +) / Double(losses.count)
        let scores = mine.compactMap { Daemon.score(of: $0, by: metric)?.value }
            .map { metric.isBetterHigher ? $0 : -$0 }
        guard !scores.isEmpty else { return }
        let mean = scores.reduce(0, +) / Double(scores.count)
        score = mean
        guard scores.count > 1 else { return }
        let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        deviation = (squares / Double(scores.count - 1)).squareRoot()
    }

    /// How its last run ended where that was not for it to be measured.
    private func interrupted(_ mine: [RunRecord]) -> String? {
        guard let outcome = mine.last?.result?.outcome, !outcome.isSuccess else { return nil }
        return outcome.rawValue
    }
}
