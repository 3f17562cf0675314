import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl dataset show`.
struct DatasetShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one dataset: how it was read, where its shards lie."
    )

    @Argument(
        help: "A dataset.",
        completion: LiveNames.datasets.completion,
        transform: DatasetName.typed
    )
    var name: DatasetName

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(DatasetShow.self, DatasetShow.Params(name: name), DatasetPrinter())
    }
}
