import ArgumentParser
import Domain

/// The command `distmlctl run newton`.
struct RunNewtonCommand: RunStarting {
    static let configuration = CommandConfiguration(
        commandName: "newton",
        abstract: "Newton's method: few iterations, an exact answer.",
        discussion: """
            For linear, logistic and softmax models. Sums of second derivatives while the columns \
            are few, else conjugate gradients in a trust region. With --l2 the end is certified: \
            the objective is within --tol (1e-4) of the best.
            """
    )

    @OptionGroup(title: "Options of the run") var chosen: RunOptions
    @OptionGroup(title: "Options of the run") var fit: FitOptions
    @OptionGroup(visibility: .hidden) var watch: WatchOptions
    @OptionGroup var options: GlobalOptions

    func run() throws { try start(self) }

    func spec() -> RunSpec { spec(of: .newton) }
}
