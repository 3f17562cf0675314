import CKernels
import Domain
public import LinearAlgebra

extension NetworkPass {
    /// The place of one layer on the way back.
    private struct Place {
        let index: Int
        let stage: NetworkShape.Stage
        let rows: Int
        /// What went into the layer.
        let input: UnsafePointer<Float>
        /// δ of what came out.
        let delta: UnsafeMutablePointer<Float>
        /// Where δ of what went in belongs; nil for the first layer, where nobody asks for it.
        let back: UnsafeMutablePointer<Float>?
        let parameters: UnsafePointer<Float>
        let gradient: UnsafeMutablePointer<Float>
    }

    /// Writes the gradient, layer by layer from the last to the first.
    public func writeGradient<Failure: Error>(
        at parameters: borrowing Vector,
        over batch: Batch,
        into gradient: inout Vector,
        finished: (borrowing Vector, Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(gradient.count >= parameterCount, "\(gradient.count) gradient elements")
        guard batch.rows > 0, let base = parameters.buffer.baseAddress,
            let target = gradient.buffer.baseAddress
        else {
            gradient.clear(0..<parameterCount)
            return try finished(gradient, 0..<parameterCount)
        }
        let first = features(of: batch)
        var delta = scores
        var turn = 0
        for index in stages.indices.reversed() {
            let place = Place(
                index: index,
                stage: stages[index],
                rows: batch.rows,
                input: index > 0 ? UnsafePointer(room.values[index - 1]) : first,
                delta: delta,
                back: index > 0 ? room.deltas[turn] : nil,
                parameters: base,
                gradient: target
            )
            switch place.stage.layer {
            case .dense:
                differentiateActivation(place)
                for piece in pieces(of: place.stage) {
                    try finished(gradient, multiplyBack(place, units: piece))
                }
                handBack(place)
            case .convolution:
                differentiateActivation(place)
                convolveBack(place)
                let start = place.stage.weights.lowerBound
                try finished(gradient, start..<place.stage.biases.upperBound)
            case .pool(let size): unpool(place, size: size)
            case .dropout(let share):
                leaveOut(share, of: delta, at: index, rows: batch.rows)
                continue
            }
            if let back = place.back { delta = back }
            turn = 1 - turn
            tick()
        }
    }

    /// δ ← φ′ ⊙ δ, and its sums over the rows, which are the gradient by the biases.
    private func differentiateActivation(_ place: Place) {
        let width = place.stage.output.channels
        let rows = place.rows * (place.stage.output.count / width)
        let sums = place.gradient + place.stage.biases.lowerBound
        sums.update(repeating: 0, count: width)
        let values = room.values[place.index]
        guard place.index < stages.count - 1 else {
            return ck_column_sums_f32(place.delta, sums, rows, width)
        }
        switch network.shape.activation {
        case .relu: ck_relu_back_f32(place.delta, values, sums, rows, width)
        case .tanh: ck_tanh_back_f32(place.delta, values, sums, rows, width)
        case .gelu: ck_gelu_back_f32(place.delta, room.sums[place.index], sums, rows, width)
        }
    }

    /// Units of a dense layer in pieces, the last ones first: a piece travels while the next one
    /// is computed.
    private func pieces(of stage: NetworkShape.Stage) -> [Range<Int>] {
        let units = stage.output.count
        let count = Swift.max(1, Swift.min(units, stage.weights.count / pieceElements))
        return (0..<count).reversed().map { units * $0 / count..<units * ($0 + 1) / count }
    }

    /// The gradient by the weights of these units; returns what is finished with it.
    private func multiplyBack(_ place: Place, units: Range<Int>) -> Range<Int> {
        let stage = place.stage
        let columns = stage.input.count
        let start = stage.weights.lowerBound + units.lowerBound * columns
        multiply(
            transposed: place.delta + units.lowerBound,
            by: place.input,
            into: place.gradient + start,
            isAdded: false,
            ProductSize(
                rows: units.count,
                columns: columns,
                inner: place.rows,
                stride: stage.output.count
            )
        )
        let isLast = units.upperBound == stage.output.count
        return start..<(isLast ? stage.biases.upperBound : start + units.count * columns)
    }

    private func handBack(_ place: Place) {
        guard let back = place.back else { return }
        multiply(
            place.delta,
            by: place.parameters + place.stage.weights.lowerBound,
            into: back,
            ProductSize(
                rows: place.rows,
                columns: place.stage.input.count,
                inner: place.stage.output.count
            )
        )
    }

    private func convolveBack(_ place: Place) {
        let stage = place.stage
        let pixels = stage.input.height * stage.input.width
        let channels = stage.output.channels
        let window = stage.weights.count / channels
        for images in room.blocks(of: stage, rows: place.rows) {
            let patches = patches(of: stage, place.input, images)
            let delta = place.delta + images.lowerBound * pixels * channels
            multiply(
                transposed: delta,
                by: patches,
                into: place.gradient + stage.weights.lowerBound,
                isAdded: images.lowerBound > 0,
                ProductSize(rows: channels, columns: window, inner: images.count * pixels)
            )
            tick()
            guard let back = place.back else { continue }
            let target = back + images.lowerBound * stage.input.count
            let size = ProductSize(rows: images.count * pixels, columns: window, inner: channels)
            let weights = place.parameters + stage.weights.lowerBound
            guard stage.kernel > 1 else {
                multiply(delta, by: weights, into: target, size)
                continue
            }
            multiply(delta, by: weights, into: room.patches, size)
            target.update(repeating: 0, count: images.count * stage.input.count)
            for image in 0..<images.count {
                ck_add_patches_f32(
                    room.patches + image * pixels * window,
                    target + image * stage.input.count,
                    stage.input.image,
                    stage.kernel
                )
            }
        }
    }

    private func unpool(_ place: Place, size: Int) {
        let stage = place.stage
        for row in 0..<place.rows {
            ck_unpool_f32(
                place.delta + row * stage.output.count,
                room.places[place.index].map { $0 + row * stage.output.count },
                place.back.map { $0 + row * stage.input.count },
                stage.input.image,
                size
            )
        }
    }
}

/// Weights of a piece: 400 KB.
///
/// Smaller ones overlap more where each node has its own cores; where nodes share them each piece
/// is a wait: a step took 9 % longer with three pieces of 256 KiB than with two of these.
private let pieceElements = 100_000
