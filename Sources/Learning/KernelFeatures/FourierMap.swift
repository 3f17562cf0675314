import CKernels
public import Domain
public import LinearAlgebra

/// Random Fourier features of the RBF kernel: √(2/D)·cos(w·x + p).
///
/// The frequencies w are N(0, 2γ), the phases p uniform in 0 ..< 2π. Inner products of features
/// differ from the kernel by about 1/√D. The same seed gives the same bits on every machine.
/// Source: Rahimi & Recht, "Random features for large-scale kernel machines", NIPS 2007.
public final class FourierMap: RowMap {
    /// The kernel.
    public let function: KernelFunction
    /// D.
    public let features: Int
    private let columns: Int
    private let isSparse: Bool
    /// w: (features, columns) for dense rows, (columns, features) for sparse ones.
    private let table: [Float]
    /// p.
    public let phases: [Float]

    /// Features of rows of `columns` columns.
    /// - Precondition: at least one feature; γ is finite and not negative.
    public init(gamma: Double, features: Int, columns: Int, isSparse: Bool, seed: UInt64) {
        precondition(features > 0, "\(features) features")
        precondition(gamma >= 0 && gamma.isFinite, "gamma \(gamma)")
        function = KernelFunction(kind: .rbf, gamma: gamma)
        (self.features, self.columns, self.isSparse) = (features, columns, isSparse)
        var numbers = GaussianNumbers(SeededGenerator(seed: seed, 0x726666))
        let deviation = (2 * gamma).squareRoot()
        var table = [Float](repeating: 0, count: features * columns)
        var phases: [Float] = []
        for feature in 0..<features {
            for column in 0..<columns {
                let place = isSparse ? column * features + feature : feature * columns + column
                table[place] = Float(deviation * numbers.next())
            }
            phases.append(Float(2 * Double.pi * numbers.uniform()))
        }
        (self.table, self.phases) = (table, phases)
    }

    /// w.
    ///
    /// Shapes: (features, columns) row-major.
    public var frequencies: [Float] {
        guard isSparse else { return table }
        var result = [Float](repeating: 0, count: table.count)
        for feature in 0..<features {
            for column in 0..<columns {
                result[feature * columns + column] = table[column * features + feature]
            }
        }
        return result
    }

    /// Writes the features of every row.
    public func write(_ batch: Batch, to target: UnsafeMutablePointer<Float>) {
        precondition(batch.columns == columns, "\(batch.columns) columns instead of \(columns)")
        table.withUnsafeBufferPointer { table in
            guard let base = table.baseAddress else {
                return target.update(repeating: 0, count: batch.rows * features)
            }
            writeProducts(batch, base, to: target)
        }
        let factor = (2 / Float(features)).squareRoot()
        phases.withUnsafeBufferPointer { phases in
            for row in 0..<batch.rows {
                ck_cosine_f32(target + row * features, phases.baseAddress, factor, features)
            }
        }
    }

    private func writeProducts(
        _ batch: Batch,
        _ table: UnsafePointer<Float>,
        to target: UnsafeMutablePointer<Float>
    ) {
        guard case .sparse(let offsets, let indices, let values) = batch.features, isSparse else {
            precondition(!batch.isSparse && !isSparse, "rows of another form")
            return multiply(batch, byTransposed: table, outputs: features, into: target)
        }
        target.update(repeating: 0, count: batch.rows * features)
        for row in 0..<batch.rows {
            for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
                let line = table + Int(indices[entry]) * features
                ck_axpy_f32(values[entry], line, target + row * features, features)
            }
        }
    }

    /// A machine over random features.
    public func shape(outputs: Int) -> KernelShape {
        KernelShape(
            function: function,
            supports: 0,
            nonzeros: nil,
            supportsOfClasses: [],
            isOneVsRest: true,
            features: features,
            hasProbabilities: false
        )
    }

    /// Frequencies, phases, weights, −b.
    public func words(weights: [Double], biases: [Double]) -> [Float] {
        precondition(weights.count == biases.count * features, "\(weights.count) weights")
        return frequencies + phases + weights.map { Float($0) } + biases.map { Float(-$0) }
    }
}
