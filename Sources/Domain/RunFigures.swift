/// What a support vector machine's run measured besides its objective.
public struct SVMFigures: Hashable, Codable, Sendable {
    /// The dual objective at the end, as LIBSVM prints it (a minimum, negative).
    public var dualObjective: Double?
    /// Certified (P − D)/P for linear ones; the violation of the optimality conditions for kernels.
    public var gap: Double?
    /// Distinct rows with a coefficient.
    public var supportVectors: Int?
    /// Rounds of exchange between the ranks.
    public var rounds: Int?

    /// Nothing measured yet.
    public init() {}
}

/// What waiting for each other cost a run; of rank 0.
public struct TrafficFigures: Hashable, Codable, Sendable {
    /// How often a rank had to wait for the others.
    public var waits: Int
    /// Seconds it waited.
    public var waitSeconds: Double
    /// Share of the ring's time that was hidden behind computing, 0 … 1; nil where nothing
    /// overlapped.
    public var hiddenShare: Double?

    /// Figures with all their fields.
    public init(waits: Int, waitSeconds: Double, hiddenShare: Double? = nil) {
        self.waits = waits
        self.waitSeconds = waitSeconds
        self.hiddenShare = hiddenShare
    }
}

/// One rate that a range test tried.
public struct RatePoint: Hashable, Codable, Sendable {
    /// The rate.
    public var rate: Double
    /// Smoothed loss per row at it.
    public var loss: Double

    /// A point of the test.
    public init(rate: Double, loss: Double) {
        self.rate = rate
        self.loss = loss
    }
}
