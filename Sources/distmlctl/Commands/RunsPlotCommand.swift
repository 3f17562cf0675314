import ArgumentParser
import ControlAPI

/// The command `distmlctl runs plot`.
struct RunsPlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot",
        abstract: "Draw the curves of a run.",
        discussion: """
            The loss on the training rows over the epochs and, where the run has validation rows, \
            the figure of --metric on them. --json gives the points.
            """
    )

    @OptionGroup var chosen: RunArgument
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(RunPlot.self, RunPlot.Params(run: chosen.reference), RunPlotPrinter())
    }
}
