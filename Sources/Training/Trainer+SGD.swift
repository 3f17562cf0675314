import Domain
import Glibc
import Learning
import LinearAlgebra

/// What travels behind the gradient, so that all ranks decide alike: sums over the ranks.
private enum Tail {
    /// Σ loss over the rows of the step.
    static let loss = 0
    /// Ranks that were asked to stop.
    static let stop = 1
    /// 1 where rank 0 sees the time limit passed.
    static let time = 2
    /// 1 where rank 0 wants a checkpoint after this step.
    static let save = 3
    static let count = 4
}

/// Why the steps of SGD ended.
private enum Ending {
    case converged
    case epochs
    case steps
    case time
    case stopped
    case diverged(rank: Int?)
}

extension Trainer {
    func runSGD(isResumed: Bool) throws(TrainingError) -> TrainingOutput {
        let scaled = ScaledRows(rows, scaling: scaling)
        if !isResumed { try chooseRate(on: scaled) }
        while true {
            var search = StochasticGradientDescent(
                momentum: Float(choices.momentum),
                decay: Float(task.spec.weightDecay),
                penalties: penalties
            )
            restore(&search)
            let ending = try descend(&search, on: scaled)
            if case .diverged = ending, task.spec.learningRate == nil, state.restarts < 6 {
                restart()
                continue
            }
            return try finish(ending, search)
        }
    }

    private func chooseRate(on scaled: ScaledRows) throws(TrainingError) {
        if choices.learningRate == nil {
            var sample = training
            var generator = SeededGenerator(
                seed: task.spec.seed,
                0x637572,
                UInt64(reducer.rank)
            )
            shuffle(&sample, using: &generator)
            let curvature = try curvature(on: scaled, rows: sample.prefix(2048))
            observer.tick()
            choices.learningRate = curvature.rate(batch: choices.batch, momentum: choices.momentum)
            choices.rateSource = "from the curvature"
        }
        state.rate = choices.learningRate ?? 1
        state.firstRate = state.rate
        state.choices = choices.summary(of: .sgd, classes: task.classes)
        observer.chose(state.choices)
    }

    /// Begins again with a quarter of an estimated rate that proved too large.
    private func restart() {
        let before = state
        choices.learningRate = (choices.learningRate ?? before.rate) / 4
        choices.rateSource = "from the curvature, lowered"
        state = TrainingCheckpoint()
        state.centers = before.centers
        state.factors = before.factors
        state.labelCenter = before.labelCenter
        state.labelFactor = before.labelFactor
        state.batch = before.batch
        state.restarts = before.restarts + 1
        state.rowsRead = before.rowsRead
        state.rate = choices.learningRate ?? before.rate
        state.firstRate = state.rate
        state.choices = choices.summary(of: .sgd, classes: task.classes)
        observer.chose(state.choices)
    }

    /// The mean loss of parameters that are all zero, in scaled units.
    private var startLoss: Double {
        task.classes == 0 ? 0.5 : log(Double(Swift.max(2, task.classes)))
    }

    private var stepsPerEpoch: Int { (totalRows + choices.batch - 1) / choices.batch }

    private var plateau: Plateau {
        get {
            var plateau = Plateau(
                tolerance: choices.tolerance,
                patience: choices.patience(rows: totalRows),
                drops: choices.schedule == .step ? 1 : 0
            )
            guard state.plateau.count == 4 else { return plateau }
            plateau.first = state.plateau[0].isNaN ? nil : state.plateau[0]
            plateau.best = state.plateau[1].isNaN ? nil : state.plateau[1]
            plateau.waited = Int(state.plateau[2])
            plateau.dropped = Int(state.plateau[3])
            return plateau
        }
        set {
            state.plateau = [
                newValue.first ?? .nan, newValue.best ?? .nan, Double(newValue.waited),
                Double(newValue.dropped),
            ]
        }
    }

    private func restore(_ search: inout StochasticGradientDescent) {
        guard state.parameters.count == model.parameterCount else { return }
        search.parameters = Vector(state.parameters)
        search.velocity = Vector(state.velocity)
        search.average = Vector(state.average)
        search.averagedSteps = state.averagedSteps
    }

    private func descend(
        _ search: inout StochasticGradientDescent,
        on scaled: ScaledRows
    ) throws(TrainingError) -> Ending {
        let count = model.parameterCount
        var gradient: Vector
        do { gradient = try reducer.makeVector(count: count + Tail.count) } catch {
            throw .learning(.reducer(error))
        }
        let rowOrder = RowOrder(rows: training, windowRows: rows.windowRows)
        while state.epoch < choices.epochsMax {
            var generator = SeededGenerator(
                seed: task.spec.seed,
                UInt64(state.epoch),
                UInt64(reducer.rank)
            )
            let order = rowOrder.shuffled(using: &generator)
            while state.stepInEpoch < stepsPerEpoch {
                if let ending = try step(&search, &gradient, order, scaled) { return ending }
            }
            if let ending = try endEpoch(&search) { return ending }
        }
        return .epochs
    }

    /// One step; says why it was the last, if it was.
    private func step(
        _ search: inout StochasticGradientDescent,
        _ gradient: inout Vector,
        _ order: [Int32],
        _ scaled: ScaledRows
    ) throws(TrainingError) -> Ending? {
        let count = model.parameterCount
        let isLast = state.stepInEpoch + 1 == stepsPerEpoch
        gradient.clear()
        let mine = order[localRows(rank: reducer.rank)]
        let loss: Double
        let centering = scaled.centering
        do {
            loss = try centering.withMoved(&search.parameters, of: model) {
                parameters throws(RowSourceError) in
                try scaled.withRows(mine) { batch in
                    model.addGradient(at: parameters, over: batch, into: &gradient)
                }
            }
        } catch { throw .learning(.rows(error)) }
        gradient[count + Tail.loss] = Float(loss)
        gradient[count + Tail.stop] = observer.isAskedToStop ? 1 : 0
        gradient[count + Tail.time] = isOutOfTime ? 1 : 0
        gradient[count + Tail.save] = wantsCheckpoint(atEndOfEpoch: isLast) ? 1 : 0
        let isBadHere = !sumOfSquares(gradient).isFinite
        do { try reducer.sum(&gradient) } catch { throw .learning(.reducer(error)) }
        observer.tick()
        guard sumOfSquares(gradient).isFinite else {
            return .diverged(rank: try firstBadRank(isBadHere: isBadHere))
        }
        centering.correct(&gradient, of: model)
        let stepRows = (0..<reducer.worldSize).reduce(0) { $0 + localRows(rank: $1).count }
        search.step(gradient: gradient, rows: stepRows, rate: Float(state.rate))
        state.step += 1
        state.stepInEpoch += 1
        state.epochLoss += Double(gradient[count + Tail.loss])
        state.epochRows += stepRows
        state.rowsRead += Double(stepRows)
        checkpointWish = checkpointWish || gradient[count + Tail.save] > 0
        if !isLast { observeStep(search, stepRows: stepRows) }
        if gradient[count + Tail.stop] > 0 { return .stopped }
        if gradient[count + Tail.time] > 0 { return .time }
        if let limit = task.spec.steps, state.step >= limit { return .steps }
        return nil
    }

    private func observeStep(_ search: borrowing StochasticGradientDescent, stepRows: Int) {
        let share = Double(state.epochRows) / Double(Swift.max(1, totalRows))
        report(
            loss: state.epochLoss / Double(Swift.max(1, state.epochRows)) * lossUnit,
            epoch: Double(state.epoch) + share,
            rate: state.rate
        )
        if checkpointWish { keep(search) }
    }

    /// The rows of `rank` that the present step takes: together they are its whole epoch.
    private func localRows(rank: Int) -> Range<Int> {
        let count = rowsOfRanks[rank]
        let low = count * state.stepInEpoch / stepsPerEpoch
        let high = count * (state.stepInEpoch + 1) / stepsPerEpoch
        return low..<high
    }

    private func endEpoch(
        _ search: inout StochasticGradientDescent
    ) throws(TrainingError) -> Ending? {
        let loss = state.epochLoss / Double(Swift.max(1, state.epochRows))
        state.epoch += 1
        state.stepInEpoch = 0
        state.epochLoss = 0
        state.epochRows = 0
        report(loss: loss * lossUnit, epoch: Double(state.epoch), rate: state.rate)
        var watch = plateau
        let objective = loss + penalty(at: search.parameters)
        guard loss.isFinite, loss <= 4 * startLoss else { return .diverged(rank: nil) }
        let advice = watch.handle(objective)
        plateau = watch
        if advice != .goOn { search.settle() } else if watch.waited == 0 { search.beginAverage() }
        if advice == .lowerRate { state.rate /= 10 }
        try compareParameters(search.parameters)
        if checkpointWish { keep(search) }
        return advice == .stop ? .converged : nil
    }

    private func keep(_ search: borrowing StochasticGradientDescent) {
        checkpointWish = false
        state.parameters = search.parameters.array
        state.velocity = search.velocity.array
        state.average = search.average.array
        state.averagedSteps = search.averagedSteps
        save()
    }

    private func finish(
        _ ending: Ending,
        _ search: borrowing StochasticGradientDescent
    ) throws(TrainingError) -> TrainingOutput {
        var cause: Cause?
        let outcome: Outcome
        let rule: String
        switch ending {
        case .converged:
            outcome = .converged
            rule = "plateau: the epoch's loss fell by less than \(choices.tolerance) of itself"
        case .epochs: (outcome, rule) = (.limitReached, "\(choices.epochsMax) epochs")
        case .steps: (outcome, rule) = (.limitReached, "\(state.step) steps")
        case .time: (outcome, rule) = (.limitReached, "the time was up")
        case .stopped:
            keep(search)
            (outcome, rule) = (.stopped, "stopped on request")
        case .diverged(let rank):
            outcome = .diverged
            let lower = shortText(state.firstRate / 10)
            rule = "the loss is not finite or exploded; try --lr \(lower)"
            cause = Cause(
                node: nil,
                rank: rank.map { Rank($0) },
                step: state.step,
                reason: "non_finite: \(rule)"
            )
        }
        return try finish(outcome, rule: rule, scaled: search.parameters, cause: cause)
    }
}
