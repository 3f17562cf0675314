public import Domain
public import LinearAlgebra

/// Nyström's features: kernel values with landmarks, whitened.
///
///     K = UΛUᵀ between the landmarks,   φ(x) = Λ^−½ Uᵀ k(x),   φ(l)·φ(l′) = K(l, l′)
///
/// Directions whose eigenvalue is below 10⁻⁷ of the largest are left out: those of landmarks that
/// others repeat, of rounding, and of kernels that are no inner products.
/// Source: Williams & Seeger, "Using the Nyström method to speed up kernel machines", NIPS 2000.
public final class NystromMap: RowMap {
    /// What all rows are compared with.
    public let landmarks: Landmarks
    /// UΛ^−½.
    ///
    /// Shapes: (landmarks, features) row-major.
    public let basis: [Double]
    /// Number of directions kept.
    public let features: Int
    private let basisInFloat: [Float]
    private var room: [Float] = []

    /// Features by a basis that one rank made for all.
    /// - Precondition: the basis has as many rows as there are landmarks.
    public init(_ landmarks: Landmarks, basis: [Double]) {
        precondition(
            landmarks.count > 0 && !basis.isEmpty && basis.count % landmarks.count == 0,
            "\(basis.count) numbers for \(landmarks.count) landmarks"
        )
        (self.landmarks, self.basis) = (landmarks, basis)
        features = basis.count / landmarks.count
        basisInFloat = basis.map { Float($0) }
    }

    /// The kernel.
    public var function: KernelFunction { landmarks.function }

    /// The basis that the landmarks call for; nil where their kernel values are no numbers.
    ///
    /// A kernel without any positive direction gets one feature that is always 0.
    ///
    /// Shapes: (landmarks, features) row-major.
    public static func basis(of landmarks: Landmarks) -> [Double]? {
        let count = landmarks.count
        guard let eigen = SymmetricEigen(order: count, matrix: landmarks.matrix) else { return nil }
        let largest = eigen.values.last ?? 0
        let kept = eigen.values.indices.filter {
            eigen.values[$0] > 0 && eigen.values[$0] >= leastShare * largest
        }
        guard !kept.isEmpty else { return [Double](repeating: 0, count: count) }
        var basis = [Double](repeating: 0, count: count * kept.count)
        // The largest first.
        for (place, index) in kept.reversed().enumerated() {
            let factor = 1 / eigen.values[index].squareRoot()
            for landmark in 0..<count {
                basis[landmark * kept.count + place] =
                    factor * eigen.vectors[index * count + landmark]
            }
        }
        return basis
    }

    /// Writes the features of every row.
    public func write(_ batch: Batch, to target: UnsafeMutablePointer<Float>) {
        let count = batch.rows * landmarks.count
        if room.count < count { room = [Float](repeating: 0, count: count) }
        room.withUnsafeMutableBufferPointer { room in
            guard let values = room.baseAddress else { return }
            landmarks.write(batch, to: values)
            let size = ProductSize(rows: batch.rows, columns: features, inner: landmarks.count)
            multiply(UnsafePointer(values), by: basisInFloat, into: target, size)
        }
    }

    /// A machine whose support vectors are the landmarks.
    public func shape(outputs: Int) -> KernelShape {
        KernelShape(
            function: function,
            supports: landmarks.count,
            nonzeros: landmarks.isSparse ? landmarks.values.count : nil,
            supportsOfClasses: [],
            isOneVsRest: true,
            features: nil,
            hasProbabilities: false
        )
    }

    /// Landmarks, UΛ^−½ω, −b.
    public func words(weights: [Double], biases: [Double]) -> [Float] {
        precondition(weights.count == biases.count * features, "\(weights.count) weights")
        var words = landmarks.words
        for output in biases.indices {
            let own = Array(weights[output * features..<(output + 1) * features])
            for landmark in 0..<landmarks.count {
                let line = Array(basis[landmark * features..<(landmark + 1) * features])
                words.append(Float(dot(line, own)))
            }
        }
        return words + biases.map { Float(-$0) }
    }
}

/// Share of the largest eigenvalue below which kernel values in Float tell nothing.
private let leastShare = 1e-7
