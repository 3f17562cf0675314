import ArgumentParser
import ControlAPI

/// `--yes`, for what cannot be undone.
struct Confirmation: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do it without asking.")
    var yes = false

    /// Asks; where nobody can be asked, only `--yes` will do.
    func require(_ question: String) throws {
        if yes { return }
        guard Terminal.current().canAsk else {
            throw RPCError(
                .badUsage,
                "this cannot be undone, and nobody can be asked here",
                hint: "add --yes"
            )
        }
        guard askYes(question) else {
            printNote("nothing was done")
            throw ExitCode(2)
        }
    }
}
