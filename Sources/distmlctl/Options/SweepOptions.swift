import ArgumentParser

/// The options that only a sweep has.
struct SweepOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            An option of the run and the values to try, such as lr=0.1,0.01; several --grid give \
            every combination. With --random also a range, such as lr=1e-4..1e-1.
            """,
            valueName: "option=value,…"
        )
    )
    var grid: [String] = []

    @Option(
        help: ArgumentHelp(
            "Draw so many combinations instead of trying all; ranges evenly in the logarithm.",
            valueName: "n"
        )
    )
    var random: Int?

    @Option(
        help: ArgumentHelp(
            "Measure each trial by cross-validation: on each of k folds, trained on the others.",
            valueName: "k"
        )
    )
    var folds: Int?

    @Option(help: ArgumentHelp("Runs at a time.", valueName: "n"))
    var parallel = 1

    @Flag(
        inversion: .prefixedNo,
        help: """
            Stop trials that are not in the best third after 1, 3, 9, … epochs; by default with \
            --random, not with a whole grid.
            """
    )
    var halving: Bool?

    @Flag(help: "Keep the models of all trials, not only the best.")
    var keep = false

    /// What stands for them among the words of a command, and whether a value follows.
    static let words = [
        "--grid": true, "--random": true, "--folds": true, "--parallel": true,
        "--halving": false, "--no-halving": false, "--keep": false,
    ]

    func validate() throws {
        if let random, random < 1 { throw ValidationError("--random: draw at least once") }
        if let folds, folds < 2 { throw ValidationError("--folds: at least two, not \(folds)") }
        if parallel < 1 { throw ValidationError("--parallel: at least one run at a time") }
    }
}
