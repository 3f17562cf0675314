import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl dataset rm`.
struct DatasetRmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove a dataset from all nodes."
    )

    @Argument(
        help: "A dataset.",
        completion: LiveNames.datasets.completion,
        transform: DatasetName.typed
    )
    var name: DatasetName

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try confirmation.require("Remove dataset \(name) from all nodes?")
        try options.ask(DatasetRm.self, DatasetRm.Params(name: name), DatasetRmPrinter())
    }
}
