import ArgumentParser
import Domain

/// The command `distmlctl run sgd`.
struct RunSgdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sgd",
        abstract: "Mini-batch stochastic gradient descent: the main job.",
        discussion: """
            With --dataset alone everything else is chosen from the data and said: the model from \
            the labels, the rate from the curvature, the end at the plateau. The run's exit code \
            is that of its outcome. Ctrl-C detaches; it never stops the run.
            """
    )

    @OptionGroup(title: "Options of the run") var chosen: RunOptions

    @Option(help: "The rate: a number, or auto to take it from the curvature.")
    var lr = TypedRate.auto

    @Option(help: "How the rate changes: constant, or step (a tenth at each plateau).")
    var schedule: Schedule?

    @Option(help: "Momentum, 0 up to but not including 1.")
    var momentum: Double?

    @Option(help: "Decoupled decay of the weights per step, times the rate.")
    var weightDecay = 0.0

    @Option(help: "Rows of one step over all nodes.")
    var batch: Int?

    @OptionGroup var options: GlobalOptions

    func run() throws {
        var spec = chosen.spec(.sgd)
        spec.learningRate = lr.value
        spec.schedule = schedule
        spec.momentum = momentum
        spec.weightDecay = weightDecay
        spec.batch = batch
        try start(spec, isDetached: chosen.detach, options)
    }
}
