/// How a margin that is missed is charged, ξ = max(0, 1 − y·f(x)).
public enum SVMLoss: String, Codable, Sendable, CaseIterable {
    /// C·Σ ξ.
    case hinge
    /// C·Σ ξ².
    case squaredHinge = "squared-hinge"
}

/// What the objective of a finished linear support vector machine charges for.
public enum MachineCharge: String, Codable, Sendable, CaseIterable {
    /// ξ, one machine a class.
    case hinge
    /// ξ², one machine a class.
    case squaredHinge = "squared-hinge"
    /// ξ of Crammer and Singer's one machine for all classes.
    case crammerSinger = "crammer-singer"
}

/// How a linear support vector machine tells more than two classes apart.
public enum Multiclass: String, Codable, Sendable, CaseIterable {
    /// One machine a class against all others.
    case oneVsRest = "ovr"
    /// One machine for all classes, after Crammer and Singer.
    case crammerSinger = "crammer-singer"
}

/// How nodes train a kernel machine together.
public enum KernelMode: String, Codable, Sendable, CaseIterable {
    /// The rows of the kernel matrix are split over the nodes.
    case exact
    /// Every node solves its shard; support vectors are merged until no row violates.
    case cascade
    /// An explicit map that approximates the kernel, and a linear machine on it.
    case features
}

/// What maps a row to features whose inner products approximate the kernel.
public enum FeatureMap: String, Codable, Sendable, CaseIterable {
    /// Random Fourier features; the RBF kernel only.
    case fourier = "rff"
    /// Kernel values with some of the rows, whitened.
    case nystrom
}

/// What a support vector machine is asked for; nil means "choose and say so".
public struct SVMSpec: Hashable, Codable, Sendable {
    /// C of ½‖ω‖² + C·Σ ξ, a sum over rows.
    public var cost: Double
    /// Charge for a missed margin; a kernel machine knows the hinge only.
    public var loss: SVMLoss
    /// More than two classes in a linear machine; a kernel machine is one-vs-one.
    public var multiclass: Multiclass
    /// Kernel; nil is the linear machine, which needs none.
    public var kernel: KernelKind?
    /// γ of the kernel; nil is 1/(columns · variance of all values), which is called `scale`.
    public var gamma: Double?
    /// Degree of the polynomial kernel; nil is 3.
    public var degree: Int?
    /// Constant of the polynomial and the sigmoid kernel; nil is 0.
    public var coef0: Double?
    /// How nodes train a kernel machine together; nil chooses.
    public var mode: KernelMode?
    /// What maps rows in mode `features`; nil chooses.
    public var map: FeatureMap?
    /// Number of features in mode `features`; nil chooses.
    public var featureCount: Int?
    /// Bytes of kernel values kept at most; nil is 200 MiB.
    public var cacheBytes: Int?
    /// Whether the model gives probabilities (Platt's).
    public var hasProbabilities: Bool

    /// A linear machine with C = 1; the rest is what LIBSVM and scikit-learn take by default.
    public init() {
        cost = 1
        loss = .hinge
        multiclass = .oneVsRest
        hasProbabilities = false
    }

    /// The kernel with its numbers, where γ is settled.
    public func function(gamma: Double) -> KernelFunction {
        KernelFunction(
            kind: kernel ?? .rbf,
            gamma: gamma,
            degree: degree ?? 3,
            coef0: coef0 ?? 0
        )
    }

    /// Bytes of kernel values kept at most, as given or by default.
    public var cacheBytesMax: Int { cacheBytes ?? 200 << 20 }
}
