import ArgumentParser
import ControlAPI

/// Which model a command speaks of.
struct ModelArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "A model: its name, or the run that made it, by its id or any unique beginning of it, "
                + "its name, or @last for your latest.",
            valueName: "model"
        ),
        completion: LiveNames.modelsAndRuns.completion
    )
    var text: String

    /// What was typed.
    var reference: RunReference { RunReference(text) }
}
