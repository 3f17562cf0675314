import ArgumentParser
import Domain

/// The command `distmlctl run lbfgs`.
struct RunLbfgsCommand: RunStarting {
    static let configuration = CommandConfiguration(
        commandName: "lbfgs",
        abstract: "L-BFGS; with --l1 its orthant-wise form, for few weights that are not zero.",
        discussion: """
            For linear, logistic and softmax models. One pass over the rows an iteration and no \
            sums of second derivatives: for many columns. With --l2 or --l1 the end is certified: \
            the objective is within --tol (1e-4) of the best.
            """
    )

    @OptionGroup(title: "Options of the run") var chosen: RunOptions
    @OptionGroup(title: "Options of the run") var fit: FitOptions
    @OptionGroup(visibility: .hidden) var watch: WatchOptions

    @Option(help: ArgumentHelp("Factor of ‖ω‖₁, which makes weights zero.", valueName: "l1"))
    var l1: Double?

    @OptionGroup var options: GlobalOptions

    func run() throws { try start(self) }

    func spec() -> RunSpec {
        var spec = spec(of: .lbfgs)
        spec.l1 = l1
        return spec
    }
}
