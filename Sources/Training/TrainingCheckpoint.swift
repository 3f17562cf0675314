public import Wire

/// Everything that a run needs to go on bit for bit; the same on every rank.
///
/// | Bytes | Meaning |
/// |---|---|
/// | 8 | magic `dmlchk02` |
/// | … | the fields below, by `Wire`, in their order |
///
/// What may be read again (rows, scaling of given data) is not in it; the scaling is, because a
/// sum over rows need not give the same bits when ranks are seated anew.
public struct TrainingCheckpoint: Equatable, Sendable {
    /// Epochs finished.
    public var epoch = 0
    /// Steps finished within the epoch.
    public var stepInEpoch = 0
    /// Steps finished in all.
    public var step = 0
    /// Σ loss over the rows of this epoch so far.
    public var epochLoss = 0.0
    /// Rows of this epoch so far.
    public var epochRows = 0
    /// Seconds of training so far.
    public var seconds = 0.0
    /// Rows read by all ranks so far.
    public var rowsRead = 0.0
    /// Rows of one step over all ranks.
    public var batch = 0
    /// Bytes of kernel values that every rank keeps at most; 0 where none are kept.
    public var keptBytes = 0
    /// Rate in force.
    public var rate = 0.0
    /// Rate at the start.
    public var firstRate = 0.0
    /// How often the estimated rate was too large and was divided.
    public var restarts = 0
    /// What is taken away from the columns, one a column.
    public var centers: [Float] = []
    /// What the columns are multiplied with, one a column.
    public var factors: [Float] = []
    /// What is taken away from real labels.
    public var labelCenter = 0.0
    /// What real labels are multiplied with.
    public var labelFactor = 1.0
    /// Centers of the scale that was asked for; empty where none was.
    public var givenCenters: [Float] = []
    /// Factors of the scale that was asked for; empty where none was.
    public var givenFactors: [Float] = []
    /// Parameters that did best on the validation rows; empty where they are not kept.
    public var best: [Float] = []
    /// Their figure.
    public var bestFigure = 0.0
    /// The epoch that they were those of.
    public var bestEpoch = 0
    /// Epochs since then.
    public var bestWaited = 0
    /// The latest figure on the validation rows; nil before the first.
    public var validationFigure: Double?
    /// θ of SGD, scaled.
    public var parameters: [Float] = []
    /// v of SGD, or the first moment.
    public var velocity: [Float] = []
    /// The second moment, where the optimizer keeps one.
    public var squares: [Float] = []
    /// Mean of θ over the last `averagedSteps` steps.
    public var average: [Float] = []
    /// How many steps are in `average`.
    public var averagedSteps = 0
    /// State of the plateau: first, best (NaN for none), waited, dropped.
    public var plateau: [Double] = []
    /// θ of gradient descent, scaled.
    public var point: [Double] = []
    /// ∇P at `point`.
    public var gradient: [Double] = []
    /// The last values of P.
    public var history: [Double] = []
    /// P at `point`, and the length of the next trial.
    public var valueAndStep: [Double] = []
    /// ‖∇P‖ at the start.
    public var startNorm = 0.0
    /// The trial by which the rate was found: each rate and its loss, in turn.
    public var rateTrial: [Double] = []
    /// What was chosen, one line.
    public var choices = ""
    /// State of a method that keeps it in a form of its own.
    public var solver: [UInt8] = []

    /// A checkpoint of nothing yet.
    public init() {}

    private static let magic: UInt64 = 0x3330_6B68_636C_6D64

    /// Reads what `bytes` holds.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        let magic: UInt64 = try reader.integer("magic")
        guard magic == TrainingCheckpoint.magic else {
            throw .badValue(what: "magic", value: "\(magic)")
        }
        epoch = try reader.wholeNumber("epoch")
        stepInEpoch = try reader.wholeNumber("step in epoch")
        step = try reader.wholeNumber("step")
        epochLoss = try reader.double("epoch loss")
        epochRows = try reader.wholeNumber("epoch rows")
        seconds = try reader.double("seconds")
        rowsRead = try reader.double("rows read")
        batch = try reader.wholeNumber("batch")
        keptBytes = try reader.wholeNumber("bytes of kernel values")
        rate = try reader.double("rate")
        firstRate = try reader.double("first rate")
        restarts = try reader.wholeNumber("restarts")
        centers = try reader.floats("centers", limit: elementsMax)
        factors = try reader.floats("factors", limit: elementsMax)
        labelCenter = try reader.double("label center")
        labelFactor = try reader.double("label factor")
        parameters = try reader.floats("parameters", limit: elementsMax)
        velocity = try reader.floats("velocity", limit: elementsMax)
        squares = try reader.floats("squares", limit: elementsMax)
        average = try reader.floats("average", limit: elementsMax)
        averagedSteps = try reader.wholeNumber("averaged steps")
        plateau = try reader.doubles("plateau", limit: 16)
        point = try reader.doubles("point", limit: elementsMax)
        gradient = try reader.doubles("gradient", limit: elementsMax)
        history = try reader.doubles("history", limit: 64)
        valueAndStep = try reader.doubles("value", limit: 8)
        startNorm = try reader.double("start norm")
        rateTrial = try reader.doubles("rate trial", limit: 1024)
        choices = try reader.string("choices", limit: 4096)
        solver = try reader.bytes("solver", limit: 1 << 31)
        givenCenters = try reader.floats("given centers", limit: elementsMax)
        givenFactors = try reader.floats("given factors", limit: elementsMax)
        best = try reader.floats("best", limit: elementsMax)
        bestFigure = try reader.double("best figure")
        bestEpoch = try reader.wholeNumber("best epoch")
        bestWaited = try reader.wholeNumber("epochs waited")
        validationFigure = try reader.doubles("validation figure", limit: 1).first
        try reader.finish()
    }

    /// The file's contents.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 512 + 8 * (parameters.count + factors.count))
        writer.write(TrainingCheckpoint.magic)
        for number in [epoch, stepInEpoch, step] { writer.write(Int64(number)) }
        writer.write(epochLoss)
        writer.write(Int64(epochRows))
        for number in [seconds, rowsRead] { writer.write(number) }
        for number in [batch, keptBytes] { writer.write(Int64(number)) }
        for number in [rate, firstRate] { writer.write(number) }
        writer.write(Int64(restarts))
        for vector in [centers, factors] { writer.write(vector) }
        for number in [labelCenter, labelFactor] { writer.write(number) }
        for vector in [parameters, velocity, squares, average] { writer.write(vector) }
        writer.write(Int64(averagedSteps))
        for vector in [plateau, point, gradient, history, valueAndStep] { writer.write(vector) }
        writer.write(startNorm)
        writer.write(rateTrial)
        writer.write(choices)
        writer.write(solver)
        for vector in [givenCenters, givenFactors, best] { writer.write(vector) }
        writer.write(bestFigure)
        for number in [bestEpoch, bestWaited] { writer.write(Int64(number)) }
        writer.write(validationFigure.map { [$0] } ?? [])
        return writer.bytes
    }
}
