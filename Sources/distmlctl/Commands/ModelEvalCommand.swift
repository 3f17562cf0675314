import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl model eval`.
struct ModelEvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measure a model on a dataset.",
        discussion: """
            Of more than two classes precision, recall and f1 are means over the classes that \
            some row has or was called, as in scikit-learn; balanced accuracy is over those that \
            some row has.
            """
    )

    @OptionGroup var chosen: ModelArgument

    @Argument(
        help: "A dataset with the same columns and classes.",
        completion: LiveNames.datasets.completion,
        transform: DatasetName.typed
    )
    var dataset: DatasetName

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(
            ModelEval.self,
            ModelEval.Params(model: chosen.reference, dataset: dataset),
            ModelEvalPrinter()
        )
    }
}
