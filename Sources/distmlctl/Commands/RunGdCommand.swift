import ArgumentParser
import Domain

/// The command `distmlctl run gd`.
struct RunGdCommand: RunStarting {
    static let configuration = CommandConfiguration(
        commandName: "gd",
        abstract: "Full-batch gradient descent; finds its step by itself.",
        discussion: """
            Every step takes every row; the step's length is found by backtracking, so no rate \
            has to be chosen. For small data and exact answers: --tol 1e-3 ends the run when the \
            objective is within 0.1 % of the best, certified where a bound exists.
            """
    )

    @OptionGroup(title: "Options of the run") var chosen: RunOptions
    @OptionGroup(title: "Options of the run") var fit: FitOptions
    @OptionGroup(visibility: .hidden) var watch: WatchOptions
    @OptionGroup var options: GlobalOptions

    func run() throws { try start(self) }

    func spec() -> RunSpec { spec(of: .gd) }
}
