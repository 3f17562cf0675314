import ArgumentParser
import ControlAPI

/// Which run a command speaks of.
struct RunArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "A run: its id or any unique beginning of it, its name, or @last for your latest.",
            valueName: "run"
        ),
        completion: LiveNames.runs.completion
    )
    var text: String

    /// What was typed.
    var reference: RunReference { RunReference(text) }
}
