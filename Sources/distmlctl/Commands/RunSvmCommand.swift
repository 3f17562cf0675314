import ArgumentParser
import Domain

/// The command `distmlctl run svm`.
struct RunSvmCommand: RunStarting {
    static let configuration = CommandConfiguration(
        commandName: "svm",
        abstract: "Support vector machines, to a certified optimum.",
        discussion: """
            Minimises ½‖ω‖² + C·Σ ξ over the rows of all nodes and ends when the duality gap \
            proves that the objective is within --tol (1e-4) of the best. Few columns: an \
            interior point, three meetings of the nodes an iteration.

            With --kernel the machine is LIBSVM's: one for every pair of classes, solved to \
            LIBSVM's --tol (1e-3), or with --mode features an approximation of it.
            """
    )

    @OptionGroup(title: "Options of the run") var chosen: RunOptions
    @OptionGroup(visibility: .hidden) var fit: FitOptions
    @OptionGroup(visibility: .hidden) var watch: WatchOptions
    @OptionGroup(title: "Options of the machine") var machine: SVMOptions
    @OptionGroup var options: GlobalOptions

    func run() throws { try start(self) }

    func spec() -> RunSpec {
        var spec = spec(of: .svm)
        spec.svm = machine.spec
        return spec
    }
}
