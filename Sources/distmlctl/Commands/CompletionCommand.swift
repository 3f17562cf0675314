import ArgumentParser

/// The command `distmlctl completion`.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print a completion script for bash, zsh or fish.",
        discussion: """
            Live names of datasets, runs, nodes and models are completed too.

              bash: distmlctl completion bash > ~/.local/share/bash-completion/completions/distmlctl
              zsh:  distmlctl completion zsh > "${fpath[1]}/_distmlctl"
              fish: distmlctl completion fish > ~/.config/fish/completions/distmlctl.fish
            """
    )

    enum ShellName: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: ShellName

    func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        printResult(Distmlctl.completionScript(for: kind))
    }
}
