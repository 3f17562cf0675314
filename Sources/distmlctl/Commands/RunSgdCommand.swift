import ArgumentParser
import Domain

/// The command `distmlctl run sgd`.
struct RunSgdCommand: RunStarting {
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
    @OptionGroup(title: "Options of the run") var fit: FitOptions
    @OptionGroup(title: "Options of the run") var watch: WatchOptions

    @OptionGroup(title: "Options of SGD") var descent: DescentOptions
    @OptionGroup var options: GlobalOptions

    func run() throws { try start(self) }

    func spec() -> RunSpec {
        var spec = spec(of: .sgd)
        descent.fill(&spec)
        return spec
    }
}
