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

    @OptionGroup(title: "Options of SGD") var descent: DescentOptions
    @OptionGroup var options: GlobalOptions

    func run() throws {
        var spec = chosen.spec(.sgd)
        spec.learningRate = descent.lr.value
        spec.schedule = descent.schedule
        spec.momentum = descent.momentum
        spec.weightDecay = descent.weightDecay
        spec.batch = descent.batch
        try start(spec, isDetached: chosen.detach, options)
    }
}
