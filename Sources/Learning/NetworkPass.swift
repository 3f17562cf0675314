import CKernels
import Domain
public import LinearAlgebra

/// One way through a network and back, in room that is used again.
///
/// Forwards every layer keeps its values; backwards two vectors of δ take turns.
public final class NetworkPass: Differentiator {
    let network: Network
    let stages: [NetworkShape.Stage]
    private(set) var room: NetworkRoom
    private var step: StepSeed?
    private var lastRows = 0
    let tick: () -> Void

    /// What a row of each class counts, with mean one; empty where all count one.
    public var classWeights: [Float] = []

    /// Ways through `network`; `tick` is called after every piece of work.
    public init(_ network: Network, tick: @escaping () -> Void = {}) {
        self.network = network
        self.tick = tick
        stages = network.shape.stages
        room = NetworkRoom(network.shape, rows: 0)
    }

    /// Length of the parameter vector.
    public var parameterCount: Int { network.parameterCount }

    /// Rows whose values stay in the cache where nothing is differentiated.
    var blockRows: Int {
        let widest = stages.map { Swift.max($0.input.count, $0.output.count) }.max() ?? 1
        return Swift.max(1, Swift.min(256, (1 << 19) / widest))
    }

    /// The scores of the last rows that went through: (rows, outputs).
    var scores: UnsafeMutablePointer<Float> { room.values[stages.count - 1] }

    /// Takes `batch` through to its scores, nothing left out.
    func score(_ batch: Batch, at parameters: borrowing Vector) {
        step = nil
        forward(batch, at: parameters)
    }

    /// The summed loss over `batch`; the scores become residuals.
    public func loss(
        at parameters: borrowing Vector,
        over batch: Batch,
        step: StepSeed?
    ) -> Double {
        self.step = step
        forward(batch, at: parameters)
        var total = 0.0
        let outputs = network.shape.outputs
        for row in 0..<batch.rows {
            total += network.loss.take(
                scores + row * outputs,
                outputs: outputs,
                label: batch.label(of: row),
                classWeights: classWeights
            )
        }
        return total
    }

    private func forward(_ batch: Batch, at parameters: borrowing Vector) {
        precondition(parameters.count >= parameterCount, "\(parameters.count) parameters")
        lastRows = batch.rows
        if batch.rows > room.rows { room = NetworkRoom(network.shape, rows: batch.rows) }
        guard batch.rows > 0, let base = parameters.buffer.baseAddress else { return }
        var input = features(of: batch)
        for (index, stage) in stages.enumerated() {
            let output = room.values[index]
            let weights = base + stage.weights.lowerBound
            switch stage.layer {
            case .dense:
                let target = room.sums[index] ?? output
                let size = ProductSize(
                    rows: batch.rows,
                    columns: stage.output.count,
                    inner: stage.input.count
                )
                multiply(input, byTransposed: weights, into: target, size)
                activate(index, from: 0, rows: batch.rows, biases: base + stage.biases.lowerBound)
            case .convolution:
                convolve(index, input, rows: batch.rows, base)
            case .pool(let size):
                for row in 0..<batch.rows {
                    ck_pool_f32(
                        input + row * stage.input.count,
                        output + row * stage.output.count,
                        room.places[index].map { $0 + row * stage.output.count },
                        stage.input.image,
                        size
                    )
                }
            case .dropout(let share):
                output.update(from: input, count: batch.rows * stage.output.count)
                leaveOut(share, of: output, at: index, rows: batch.rows)
            }
            input = UnsafePointer(output)
            tick()
        }
    }

    /// The first layer whose values were not all finite the last time, from 0; nil where all were.
    public var firstBadLayer: Int? {
        stages.indices.first { index in
            ck_all_finite_f32(room.values[index], lastRows * stages[index].output.count) == 0
        }
    }

    /// Adds the biases and takes the activation, where there is one; `from` and `rows` count rows
    /// of `stage.output.channels` values.
    private func activate(_ index: Int, from: Int, rows: Int, biases: UnsafePointer<Float>) {
        let width = stages[index].output.channels
        let output = room.values[index] + from * width
        guard index < stages.count - 1 else {
            return ck_bias_f32(output, biases, rows, width)
        }
        switch network.shape.activation {
        case .relu: ck_bias_relu_f32(output, biases, rows, width)
        case .tanh: ck_bias_tanh_f32(output, biases, rows, width)
        case .gelu:
            let sums = room.sums[index].map { $0 + from * width }
            ck_bias_gelu_f32(sums, output, biases, rows, width)
        }
    }

    private func convolve(
        _ index: Int,
        _ input: UnsafePointer<Float>,
        rows: Int,
        _ base: UnsafePointer<Float>
    ) {
        let stage = stages[index]
        let pixels = stage.input.height * stage.input.width
        let channels = stage.output.channels
        let target = room.sums[index] ?? room.values[index]
        for images in room.blocks(of: stage, rows: rows) {
            let patches = patches(of: stage, input, images)
            multiply(
                patches,
                byTransposed: base + stage.weights.lowerBound,
                into: target + images.lowerBound * pixels * channels,
                ProductSize(
                    rows: images.count * pixels,
                    columns: channels,
                    inner: stage.weights.count / channels
                )
            )
            activate(
                index,
                from: images.lowerBound * pixels,
                rows: images.count * pixels,
                biases: base + stage.biases.lowerBound
            )
            tick()
        }
    }

    /// The windows around every pixel of these images; those of single pixels are the image.
    func patches(
        of stage: NetworkShape.Stage,
        _ input: UnsafePointer<Float>,
        _ images: Range<Int>
    ) -> UnsafePointer<Float> {
        let kernel = stage.kernel
        let first = input + images.lowerBound * stage.input.count
        guard kernel > 1 else { return first }
        for image in 0..<images.count {
            ck_patches_f32(
                first + image * stage.input.count,
                room.patches + image * stage.input.count * kernel * kernel,
                stage.input.image,
                kernel
            )
        }
        return UnsafePointer(room.patches)
    }

    func leaveOut(
        _ share: Double,
        of values: UnsafeMutablePointer<Float>,
        at index: Int,
        rows: Int
    ) {
        guard let step else { return }
        let width = stages[index].output.count
        let threshold = UInt32(share * 65_536)
        let scale = Float(65_536 / Double(65_536 - threshold))
        for row in 0..<rows {
            let stream = step.stream(layer: index, row: row)
            ck_dropout_f32(values + row * width, width, stream, threshold, scale)
        }
    }

    func features(of batch: Batch) -> UnsafePointer<Float> {
        precondition(
            batch.columns == network.shape.columns,
            "\(batch.columns) columns for \(network.shape.columns)"
        )
        switch batch.features {
        case .dense(let base): return base
        case .sparse: return room.dense(batch)
        }
    }
}
