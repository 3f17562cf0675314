import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl dataset verify`.
struct DatasetVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Hash every shard again on every node; exit 1 where a copy is not intact."
    )

    @Argument(
        help: "A dataset.",
        completion: LiveNames.datasets.completion,
        transform: DatasetName.typed
    )
    var name: DatasetName

    @OptionGroup var options: GlobalOptions

    func run() throws {
        var client = try options.connect()
        let reply = try client.call(DatasetVerify.self, DatasetVerify.Params(name: name))
        try options.show(reply, kind: DatasetVerify.kind, DatasetVerifyPrinter())
        guard reply.intact else { throw ExitCode(1) }
    }
}
