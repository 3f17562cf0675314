public import LinearAlgebra

/// The step that a gradient is for: what decides which values dropout leaves out.
public struct StepSeed: Sendable, Equatable {
    let seed: UInt64

    /// Of one step on one rank of a run.
    public init(run: UInt64, step: Int, rank: Int) {
        var generator = SeededGenerator(seed: run, 0x64726F70, UInt64(step), UInt64(rank))
        seed = generator.next()
    }

    /// The stream of one row in one layer.
    func stream(layer: Int, row: Int) -> UInt64 {
        var generator = SeededGenerator(seed: seed, UInt64(layer), UInt64(row))
        return generator.next()
    }
}

/// Losses of a model over batches and their gradients, in room that is used again.
///
/// Two calls make a gradient, so that the loss can travel with the first part of it.
public protocol Differentiator: AnyObject {
    /// Length p of the parameter vector.
    var parameterCount: Int { get }

    /// The summed loss over `batch`, which may be empty; keeps what `writeGradient` needs.
    ///
    /// Without a step nothing is left out.
    func loss(at parameters: borrowing Vector, over batch: Batch, step: StepSeed?) -> Double

    /// Writes the gradient of the loss that was computed last, of the same parameters and batch.
    ///
    /// `finished` hears of every part of the gradient once it will not change any more; the parts
    /// follow each other from the last element to the first.
    /// Shapes: `gradient` (p or more); what lies behind p is left as it is.
    func writeGradient<Failure: Error>(
        at parameters: borrowing Vector,
        over batch: Batch,
        into gradient: inout Vector,
        finished: (borrowing Vector, Range<Int>) throws(Failure) -> Void
    ) throws(Failure)

    /// The first layer whose values were not all finite the last time, from 0; nil where all were.
    var firstBadLayer: Int? { get }
}

/// Gradients of a linear model, whose batches may lack a centring.
public final class LinearDifferentiator: Differentiator {
    private let model: LinearModel
    private var residuals: [Float] = []

    /// Over batches of `model`.
    public init(_ model: LinearModel) { self.model = model }

    /// Length of the parameter vector.
    public var parameterCount: Int { model.parameterCount }

    /// Its only layer, where a score was not finite.
    public var firstBadLayer: Int? { residuals.allSatisfy(\.isFinite) ? nil : 0 }

    /// The summed loss over `batch`.
    public func loss(
        at parameters: borrowing Vector,
        over batch: Batch,
        step: StepSeed?
    ) -> Double {
        let count = batch.rows * model.outputs
        while residuals.count < count { residuals.append(0) }
        var total = 0.0
        residuals.withUnsafeMutableBufferPointer { room in
            guard let scores = room.baseAddress, batch.rows > 0 else { return }
            total = model.writeResiduals(at: parameters, of: batch, to: scores)
        }
        return total
    }

    /// Writes the gradient, which is finished at once.
    public func writeGradient<Failure: Error>(
        at parameters: borrowing Vector,
        over batch: Batch,
        into gradient: inout Vector,
        finished: (borrowing Vector, Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        gradient.clear(0..<parameterCount)
        residuals.withUnsafeBufferPointer { room in
            guard let residuals = room.baseAddress, batch.rows > 0 else { return }
            model.addGradient(of: residuals, over: batch, into: &gradient)
        }
        try finished(gradient, 0..<parameterCount)
    }
}
