/// The kernels that LIBSVM knows, with its formulas.
public enum KernelKind: String, Codable, Sendable, CaseIterable {
    /// u·v.
    case linear
    /// exp(−γ‖u − v‖²).
    case rbf
    /// (γ u·v + coef0)^degree.
    case poly
    /// tanh(γ u·v + coef0).
    case sigmoid
}

/// A kernel with its numbers.
public struct KernelFunction: Hashable, Codable, Sendable {
    /// Which formula.
    public var kind: KernelKind
    /// γ; without meaning for the linear kernel.
    public var gamma: Double
    /// Degree of the polynomial kernel.
    public var degree: Int
    /// Constant of the polynomial and the sigmoid kernel.
    public var coef0: Double

    /// A kernel with all its numbers.
    public init(kind: KernelKind, gamma: Double = 1, degree: Int = 3, coef0: Double = 0) {
        self.kind = kind
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
    }
}

/// How the tensors of a kernel machine are to be read.
///
/// | Tensor | Shape | Meaning |
/// |---|---|---|
/// | `supports` | (supports, columns) | distinct support vectors, grouped by class; where dense |
/// | `supports.offsets` | (supports + 1) i32 | where sparse: first entry of each row |
/// | `supports.indices` | (nonzeros) i32 | their columns, from 0, rising within a row |
/// | `supports.values` | (nonzeros) | their values |
/// | `coefficients` | (classes − 1, supports) | LIBSVM's `sv_coef`; (outputs, supports) for ovr |
/// | `rho` | (outputs) | f = Σ coefficient · K − rho; pairs go (0,1), (0,2) … (1,2) … |
/// | `prob.a`, `prob.b` | (pairs) | P(first of the pair) = 1/(1 + exp(a·f + b)); on request |
/// | `frequencies` | (features, columns) | random Fourier features instead of support vectors |
/// | `phases` | (features) | feature j = √(2/features) · cos(frequency j · x + phase j) |
/// | `coefficients` | (outputs, features) | with random Fourier features |
public struct KernelShape: Hashable, Codable, Sendable {
    /// The kernel.
    public var function: KernelFunction
    /// Number of distinct support vectors, or of landmarks; 0 with random Fourier features.
    public var supports: Int
    /// Entries stored in sparse support vectors; nil where they are dense.
    public var nonzeros: Int?
    /// Support vectors of each class, in the order of classes; empty one-vs-rest.
    public var supportsOfClasses: [Int]
    /// Whether each class has its own output against all others; else pairs of classes vote.
    public var isOneVsRest: Bool
    /// Number of random Fourier features; nil for a sum over support vectors.
    public var features: Int?
    /// Whether pairs have Platt's sigmoid.
    public var hasProbabilities: Bool

    /// A shape with all its fields.
    public init(
        function: KernelFunction,
        supports: Int,
        nonzeros: Int?,
        supportsOfClasses: [Int],
        isOneVsRest: Bool,
        features: Int?,
        hasProbabilities: Bool
    ) {
        self.function = function
        self.supports = supports
        self.nonzeros = nonzeros
        self.supportsOfClasses = supportsOfClasses
        self.isOneVsRest = isOneVsRest
        self.features = features
        self.hasProbabilities = hasProbabilities
    }

    /// How many decision values a row has: one a pair of classes, or one-vs-rest one a class and
    /// for two classes a single one.
    public func outputs(classes: Int) -> Int {
        if isOneVsRest { return classes == 2 ? 1 : classes }
        return classes * (classes - 1) / 2
    }

    /// Name, dimensions and kind of every tensor, in the order in which they lie.
    public func tensors(
        columns: Int,
        classes: Int
    ) -> [TensorShape] {
        let outputs = outputs(classes: classes)
        var list: [TensorShape] = []
        if let features {
            list.append(TensorShape("frequencies", [features, columns]))
            list.append(TensorShape("phases", [features]))
            list.append(TensorShape("coefficients", [outputs, features]))
        } else {
            if let nonzeros {
                list.append(TensorShape("supports.offsets", [supports + 1], .int32))
                list.append(TensorShape("supports.indices", [nonzeros], .int32))
                list.append(TensorShape("supports.values", [nonzeros]))
            } else {
                list.append(TensorShape("supports", [supports, columns]))
            }
            let rows = isOneVsRest ? outputs : classes - 1
            list.append(TensorShape("coefficients", [rows, supports]))
        }
        list.append(TensorShape("rho", [outputs]))
        if hasProbabilities {
            list.append(TensorShape("prob.a", [outputs]))
            list.append(TensorShape("prob.b", [outputs]))
        }
        return list
    }
}
