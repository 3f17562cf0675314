import Domain
import Glibc
import Learning
import LinearAlgebra

/// Why the steps of SGD ended.
private enum Ending {
    case converged
    case epochs
    case steps
    case time
    case patience
    case stopped
    case diverged(Fault?)
}

/// Where numbers first were not finite.
struct Fault {
    let rank: Int
    /// The layer, from 0; nil for a linear model.
    let layer: Int?
}

extension Trainer {
    func runSGD(isResumed: Bool) throws(TrainingError) -> TrainingOutput {
        if !isResumed { try chooseRate() }
        while true {
            let descent = try makeDescent()
            restore(&descent.search)
            let ending = try descend(descent)
            if case .diverged = ending, task.spec.learningRate == nil, state.restarts < 6 {
                restart()
                continue
            }
            return try finish(ending, descent)
        }
    }

    func makeDescent() throws(TrainingError) -> Descent {
        let differentiator: any Differentiator
        let start: Vector
        if let network {
            let pass = NetworkPass(network) { [observer] in observer.tick() }
            pass.classWeights = weights.normalized
            differentiator = pass
            start = network.makeParameters(seed: task.spec.seed)
        } else {
            differentiator = LinearDifferentiator(model)
            start = Vector(zeros: model.parameterCount)
        }
        let isPlain = network != nil || choices.rule.isByLayer
        let search = Optimizer(
            choices.rule,
            from: start,
            groups: groups,
            penalties: isPlain ? [] : penalties
        )
        do {
            return try Descent(
                search,
                of: differentiator,
                on: ScaledRows(rows, scaling: scaling, isDense: network != nil),
                centered: network == nil ? model : nil,
                spec: task.spec,
                with: reducer
            )
        } catch { throw .learning(.reducer(error)) }
    }

    /// Weights and biases of every layer, which rules by layer tell apart.
    private var groups: [ParameterGroup] {
        let l2 = Float(choices.l2)
        if let network {
            return network.shape.stages.filter { !$0.weights.isEmpty }.flatMap { stage in
                [
                    ParameterGroup(stage.weights, penalty: l2, isWeights: true),
                    ParameterGroup(stage.biases, penalty: 0, isWeights: false),
                ]
            }
        }
        let (weights, count) = (model.weightCount, model.parameterCount)
        let isPenalized = model.penalizedCount == count
        return [
            ParameterGroup(0..<weights, penalty: l2, isWeights: true),
            ParameterGroup(weights..<count, penalty: isPenalized ? l2 : 0, isWeights: isPenalized),
        ]
    }

    private func chooseRate() throws(TrainingError) {
        if task.spec.optimizer.findsRate { try chooseRateByTrying() }
        if choices.learningRate == nil {
            let scaled = ScaledRows(rows, scaling: scaling)
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
            choices.rateSource += "from the curvature"
        }
        begin(at: choices.learningRate ?? 1)
    }

    private func begin(at rate: Double) {
        state.rate = rate
        state.firstRate = rate
        state.choices = choices.summary(of: .sgd, classes: task.classes)
        observer.chose(state.choices)
    }

    /// Begins again with a quarter of a chosen rate that proved too large.
    private func restart() {
        let before = state
        choices.learningRate = (choices.learningRate ?? before.rate) / 4
        choices.rateSource += choices.rateSource.hasSuffix("lowered") ? "" : ", lowered"
        state = TrainingCheckpoint()
        state.centers = before.centers
        state.factors = before.factors
        state.labelCenter = before.labelCenter
        state.labelFactor = before.labelFactor
        state.givenCenters = before.givenCenters
        state.givenFactors = before.givenFactors
        state.batch = before.batch
        state.rateTrial = before.rateTrial
        state.restarts = before.restarts + 1
        state.rowsRead = before.rowsRead
        begin(at: choices.learningRate ?? before.rate)
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

    private func restore(_ search: inout Optimizer) {
        guard state.parameters.count == search.parameters.count else { return }
        search.parameters = Vector(state.parameters)
        search.first = Vector(state.velocity)
        search.second = Vector(state.squares)
        search.average = Vector(state.average)
        search.averagedSteps = state.averagedSteps
        search.steps = state.step
    }

    private func descend(_ descent: Descent) throws(TrainingError) -> Ending {
        let rowOrder = RowOrder(rows: training, windowRows: rows.windowRows)
        while state.epoch < choices.epochsMax {
            var generator = SeededGenerator(
                seed: task.spec.seed,
                UInt64(state.epoch),
                UInt64(reducer.rank)
            )
            let order = rowOrder.shuffled(using: &generator)
            while state.stepInEpoch < stepsPerEpoch {
                if let ending = try step(descent, order) { return ending }
            }
            if let ending = try endEpoch(descent) { return ending }
        }
        return .epochs
    }

    /// The rate of the present step.
    private var rate: Double {
        let length = 1 / Double(stepsPerEpoch)
        let time = Double(state.epoch) + Double(state.stepInEpoch) * length
        return state.rate * rateSchedule.factor(at: time, step: length)
    }

    private var rateSchedule: RateSchedule {
        var epochs = Double(choices.epochsMax)
        if let steps = task.spec.steps {
            epochs = Swift.min(epochs, Double(steps) / Double(stepsPerEpoch))
        }
        return RateSchedule(
            choices.schedule,
            warmup: task.spec.optimizer.warmupEpochs ?? 0,
            epochs: epochs
        )
    }

    /// One step; says why it was the last, if it was.
    private func step(_ descent: Descent, _ numbers: [Int32]) throws(TrainingError) -> Ending? {
        let isEndOfEpoch = state.stepInEpoch + 1 == stepsPerEpoch
        let isLast = isEndOfEpoch || state.step + 1 == task.spec.steps
        var tail = StepTail()
        tail.stops = observer.isAskedToStop ? 1 : 0
        tail.isOutOfTime = isOutOfTime ? 1 : 0
        tail.wantsSave = wantsCheckpoint(atEndOfEpoch: isEndOfEpoch) ? 1 : 0
        let stepRows = (0..<reducer.worldSize).reduce(0) { $0 + localRows(rank: $1).count }
        let order = StepOrder(
            numbers: numbers[localRows(rank: reducer.rank)],
            following: isEndOfEpoch ? [] : numbers[localRows(rank: reducer.rank, ahead: 1)],
            rows: stepRows,
            rate: Float(rate),
            seed: StepSeed(run: task.spec.seed, step: state.step, rank: reducer.rank),
            tail: tail,
            isHeldBack: state.step % heldBackEvery == heldBackEvery / 2,
            isLast: isLast
        )
        let result = try learned { () throws(LearningError) in try descent.take(order) }
        observer.tick()
        if case .bad = result { return .diverged(try fault(of: descent)) }
        state.step += 1
        state.stepInEpoch += 1
        state.rowsRead += Double(stepRows)
        guard case .agreed(let tail, let rows) = result else { return nil }
        state.epochLoss += Double(tail.loss)
        state.epochRows += rows
        checkpointWish = checkpointWish || tail.wantsSave > 0
        if !isEndOfEpoch { reportStep() }
        if let limit = task.spec.steps, state.step >= limit { return .steps }
        if tail.stops > 0 { return .stopped }
        if tail.isOutOfTime > 0 { return .time }
        // Never where the run ends: who went on from there would take a step too many.
        if !isEndOfEpoch, checkpointWish { keep(descent.search) }
        return nil
    }

    private func reportStep() {
        let share = Double(state.epochRows) / Double(Swift.max(1, totalRows))
        report(
            loss: state.epochLoss / Double(Swift.max(1, state.epochRows)) * lossUnit,
            epoch: Double(state.epoch) + share,
            rate: rate
        )
    }

    /// The rows of `rank` that the present step takes, or one of this epoch that lies ahead:
    /// together they are its whole epoch.
    private func localRows(rank: Int, ahead: Int = 0) -> Range<Int> {
        let count = rowsOfRanks[rank]
        let step = state.stepInEpoch + ahead
        return count * step / stepsPerEpoch..<count * (step + 1) / stepsPerEpoch
    }

    private func endEpoch(_ descent: Descent) throws(TrainingError) -> Ending? {
        let loss = state.epochLoss / Double(Swift.max(1, state.epochRows))
        let lastRate = rate
        state.epoch += 1
        state.stepInEpoch = 0
        state.epochLoss = 0
        state.epochRows = 0
        guard loss.isFinite, loss <= 4 * startLoss else {
            report(loss: loss * lossUnit, epoch: Double(state.epoch), rate: lastRate)
            return .diverged(nil)
        }
        var watch = plateau
        // While the rate still rises, a loss says nothing of where it will settle.
        let isRising = Double(state.epoch) <= task.spec.optimizer.warmupEpochs ?? 0
        let value = loss + penalty(at: descent.search.parameters)
        let advice = isRising ? .goOn : watch.handle(value)
        plateau = watch
        // A rate that falls to a plan ends with the plan.
        if !choices.schedule.isPlanned {
            if advice != .goOn {
                descent.search.settle()
            } else if watch.waited == 0 {
                descent.search.beginAverage()
            }
            if advice == .lowerRate { state.rate /= 10 }
        } else if state.epoch < choices.epochsMax {
            descent.search.beginAverage()
        }
        try compareParameters(descent.search.parameters)
        let advised = isValidated ? try validate(descent.search.parameters) : .goOn
        report(loss: loss * lossUnit, epoch: Double(state.epoch), rate: lastRate)
        if advised == .stop { return .patience }
        if advice == .stop, !choices.schedule.isPlanned { return .converged }
        if checkpointWish { keep(descent.search) }
        return nil
    }

    private func keep(_ search: borrowing Optimizer) {
        checkpointWish = false
        state.parameters = search.parameters.array
        state.velocity = search.first.array
        state.squares = search.second.array
        state.average = search.average.array
        state.averagedSteps = search.averagedSteps
        save()
    }

    /// The first rank whose numbers went bad, and the layer; nil where only the sum did.
    private func fault(of descent: Descent) throws(TrainingError) -> Fault? {
        var layers = [Double](repeating: 0, count: reducer.worldSize)
        if let layer = descent.differentiator.firstBadLayer {
            layers[reducer.rank] = Double(layer + 1)
        }
        layers = try summed(layers)
        guard let rank = layers.firstIndex(where: { $0 > 0 }) else { return nil }
        return Fault(rank: rank, layer: network == nil ? nil : Int(layers[rank]) - 1)
    }

    private func finish(
        _ ending: Ending,
        _ descent: Descent
    ) throws(TrainingError) -> TrainingOutput {
        hiddenShare = descent.overlap.hiddenShare
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
        case .patience: (outcome, rule) = (.converged, patienceRule)
        case .stopped:
            keep(descent.search)
            (outcome, rule) = (.stopped, "stopped on request")
        case .diverged(let fault):
            outcome = .diverged
            rule =
                "the loss is not finite or exploded\(place(of: fault)); try --lr "
                + shortText(state.firstRate / 10)
            cause = Cause(
                node: nil,
                rank: fault.map { Rank($0.rank) },
                step: state.step,
                reason: "non_finite: \(rule)"
            )
        }
        guard let note = bestNote, outcome != .diverged else {
            if choices.rule.isAveraged, choices.schedule.isPlanned { descent.search.settle() }
            return try finish(outcome, rule: rule, scaled: descent.search.parameters, cause: cause)
        }
        return try finish(outcome, rule: "\(rule); \(note)", scaled: Vector(state.best))
    }

    /// The layer in words.
    private func place(of fault: Fault?) -> String {
        guard let network, let layer = fault?.layer else { return "" }
        return " (first in layer \(layer + 1) '\(network.shape.stages[layer].layer)')"
    }
}

/// One step in so many is not overlapped, so that the share of the sums that is hidden is known.
private let heldBackEvery = 64
