public import Domain

/// What a run leaves to the data, settled: every number that the search needs.
public struct Choices: Equatable, Sendable {
    /// What is fitted.
    public var model: ModelKind
    /// Rows of one step over all ranks.
    public var batch: Int
    /// Whether `batch` was given.
    public var isBatchGiven: Bool
    /// The network; nil for a linear model.
    public var network: NetworkSpec?
    /// How a gradient becomes a step.
    public var rule: OptimizerRule
    /// μ, or β₁.
    public var momentum: Double { Double(rule.momentum) }
    /// The rate at the start; nil until it has been estimated.
    public var learningRate: Double?
    /// Where the rate comes from, for the line that is shown.
    public var rateSource: String
    /// How the rate changes.
    public var schedule: Schedule
    /// Epochs at most.
    public var epochsMax: Int
    /// Tolerance of the stop rule.
    public var tolerance: Double
    /// λ of the L2 penalty.
    public var l2: Double
    /// Whether `l2` was given, and counts raw columns; else it counts scaled ones.
    public var isPenaltyGiven: Bool
    /// Rows of a window, where a rank's rows are taken window by window.
    public var windowRows: Int?

    /// Settles what can be settled before any row is read.
    ///
    /// `rows` are those to train on, over all ranks.
    public init(_ spec: RunSpec, rows: Int, labels: LabelKind) {
        model = spec.model ?? Choices.model(for: labels, by: spec)
        batch = spec.batch ?? Choices.batch(rows: rows)
        batch = Swift.max(1, Swift.min(batch, rows))
        isBatchGiven = spec.batch != nil
        network = spec.network
        let isNetwork = spec.network != nil
        rule = Choices.rule(of: spec)
        learningRate = spec.learningRate
        rateSource = spec.learningRate == nil ? "" : "given"
        if learningRate == nil, isNetwork || rule.kind != .sgd {
            learningRate = Choices.usualRate(of: rule.kind, isNetwork: isNetwork)
            rateSource = "usual for \(rule.kind.rawValue)"
        }
        schedule = spec.schedule ?? (isNetwork ? .cosine : .step)
        // A plan needs an end: long enough for the many small steps that few rows take.
        let stepsPerEpoch = (Swift.max(1, rows) + batch - 1) / batch
        let planned = Swift.max(20, Swift.min(500, 3000 / stepsPerEpoch))
        epochsMax = spec.epochs ?? (schedule.isPlanned ? planned : 1000)
        tolerance = spec.tolerance ?? 1e-3
        isPenaltyGiven = spec.l2 != nil
        // Classes that a plane separates have no finite optimum. A penalty that weighs as much as
        // a third of a row gives them one, and moves the others by less than their rows can tell.
        let needsPenalty = spec.algorithm == .sgd && (model == .logistic || model == .softmax)
        l2 = spec.l2 ?? (needsPenalty ? 1 / (3 * Double(Swift.max(1, rows))) : 0)
    }

    /// What the labels call for: logistic for two classes, softmax for more, linear for real
    /// values; for machines and networks what was asked for.
    public static func model(for labels: LabelKind, by spec: RunSpec) -> ModelKind {
        if let network = spec.network { return network.isConvolutional ? .cnn : .mlp }
        if spec.algorithm == .svm {
            let isLinear = spec.svm?.kernel == nil
            return isLinear ? .svm : .kernelSVM
        }
        return switch labels {
        case .real: .linear
        case .classes(let names): names.count > 2 ? .softmax : .logistic
        }
    }

    private static func rule(of spec: RunSpec) -> OptimizerRule {
        var rule = OptimizerRule(spec.optimizer.kind ?? .sgd, momentum: Float(spec.momentum ?? 0.9))
        rule.isNesterov = spec.optimizer.isNesterov
        rule.decay = Float(spec.weightDecay)
        if rule.decay == 0, rule.kind == .adamw || rule.kind == .lamb { rule.decay = 0.01 }
        // The mean costs a linear model little, and takes the noise out of its end.
        rule.isAveraged = spec.optimizer.isAveraged ?? (spec.network == nil)
        return rule
    }

    /// Where to start by custom, for columns that deviate by about one.
    ///
    /// They were compared with no others: `--lr auto` and sweeps find what suits the data.
    private static func usualRate(of kind: OptimizerKind, isNetwork: Bool) -> Double {
        switch kind {
        case .sgd: 0.05
        case .adam, .adamw: isNetwork ? 0.001 : 0.01
        case .adagrad: isNetwork ? 0.01 : 0.1
        case .lars: 5
        case .lamb: 0.005
        }
    }

    /// About 256 steps an epoch, in powers of two from 16 to 512 rows.
    ///
    /// Fewer rows make noise that a rate from the curvature must be lowered for, more rows make
    /// steps that cost more than they gain.
    private static func batch(rows: Int) -> Int {
        var batch = 16
        while batch < 512, batch * 256 < rows { batch *= 2 }
        return batch
    }

    /// Widens a batch that was chosen until its rows cost as much as the step itself.
    ///
    /// A step goes over all columns, a row only over its stored values. At least 16 steps make an
    /// epoch.
    public mutating func widenBatch(for sums: ColumnSums) {
        guard !isBatchGiven, sums.stored > 0 else { return }
        let rowsPerStep = Double(sums.columns) * sums.rows / sums.stored
        while Double(batch) < rowsPerStep, Double(32 * batch) <= sums.rows { batch *= 2 }
    }

    /// Epochs without a gain that make a plateau: few steps an epoch make its loss noisy, and many
    /// epochs of few rows cost little.
    public func patience(rows: Int) -> Int {
        let stepsPerEpoch = (rows + batch - 1) / batch
        let cheap = 200_000 / Swift.max(1, rows)
        return Swift.max(4, Swift.min(20, cheap, 1000 / Swift.max(1, stepsPerEpoch)))
    }

    /// One line for the person who started the run.
    public func summary(of algorithm: Algorithm, classes: Int) -> String {
        let name = network?.description ?? (classes > 0 ? model.rawValue : "linear")
        var parts = [classes > 0 ? "model \(name) (\(classes) classes)" : "model \(name)"]
        switch algorithm {
        case .sgd:
            parts.append("batch \(batch)")
            if let windowRows {
                parts.append("more rows than memory: shuffled in windows of \(windowRows)")
            }
            if let learningRate {
                parts.append("rate \(shortText(learningRate)) (\(rateSource))")
            }
            parts += optimizerParts
            if !isPenaltyGiven, l2 > 0 {
                parts.append("l2 \(shortText(l2)) on scaled columns")
            }
            parts.append(schedulePart)
        case .gd: parts.append("full batch, step by backtracking")
        case .lbfgs, .newton, .svm: break
        }
        return parts.joined(separator: " · ")
    }

    private var optimizerParts: [String] {
        var parts = rule.kind == .sgd ? [] : [rule.kind.rawValue]
        if rule.hasFirst {
            parts.append(
                (rule.isNesterov ? "Nesterov momentum " : "momentum ") + shortText(momentum)
            )
        }
        if rule.decay > 0 { parts.append("decay \(shortText(Double(rule.decay)))") }
        return parts
    }

    private var schedulePart: String {
        switch schedule {
        case .step: "rate ÷ 10 at the first plateau, end at the second"
        case .constant: "constant rate, end at the plateau"
        case .inverse: "rate ÷ √epochs, end at the plateau"
        case .cosine: "rate along a cosine, \(epochsMax) epochs"
        case .onecycle: "one cycle of the rate, \(epochsMax) epochs"
        }
    }
}

/// A number with three significant digits, as people write it.
///
/// Beyond thousands and thousandths with an exponent.
public func shortText(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    var exponent = 0
    var mantissa = abs(value)
    while mantissa >= 10 {
        mantissa /= 10
        exponent += 1
    }
    while mantissa < 1 {
        mantissa *= 10
        exponent -= 1
    }
    let digits = (mantissa * 100).rounded() / 100
    let sign = value < 0 ? "-" : ""
    guard (-3...3).contains(exponent) else { return "\(sign)\(digits)e\(exponent)" }
    var power = 1.0
    for _ in 0..<abs(exponent) { power *= 10 }
    let number = exponent < 0 ? digits / power : digits * power
    let places = exponent < 0 ? 100_000.0 : 1_000
    return sign + "\((number * places).rounded() / places)"
}
