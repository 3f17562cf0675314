import ArgumentParser
import ControlAPI

/// Which sweep a command speaks of.
struct SweepArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "A sweep: its id or any unique beginning of it, its name, or @last for your latest.",
            valueName: "sweep"
        ),
        completion: LiveNames.sweeps.completion
    )
    var text: String

    /// What was typed.
    var params: SweepShow.Params { SweepShow.Params(sweep: SweepReference(text)) }
}
