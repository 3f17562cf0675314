import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl dataset stats`.
struct DatasetStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count rows, columns, non-zeros, classes, constant columns."
    )

    @Argument(
        help: "A dataset.",
        completion: LiveNames.datasets.completion,
        transform: DatasetName.typed
    )
    var name: DatasetName

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(DatasetStats.self, DatasetStats.Params(name: name), DatasetStatsPrinter())
    }
}
