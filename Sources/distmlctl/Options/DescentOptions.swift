import ArgumentParser
import Domain

/// The options that only stochastic gradient descent has.
struct DescentOptions: ParsableArguments {
    @Option(help: "The rate: a number, or auto to take it from the curvature.")
    var lr = TypedRate.auto

    @Option(help: "How the rate changes; step takes a tenth at each plateau.")
    var schedule: Schedule?

    @Option(help: "Momentum, 0 up to but not including 1.")
    var momentum: Double?

    @Option(help: "Decoupled decay of the weights per step, times the rate.")
    var weightDecay = 0.0

    @Option(help: "Rows of one step over all nodes.")
    var batch: Int?
}
