import ArgumentParser
import ControlAPI
import Domain
import Glibc

/// The command `distmlctl model predict`.
struct ModelPredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predict a label for every row of files; one line a row.",
        discussion: """
            The files are read as the model's training data was, with the same columns; a label \
            column may be there and is ignored. What differs is refused, not guessed. Lines are \
            CSV or, with --format jsonl, objects; -o jsonl puts each of them into the envelope.
            """
    )

    @OptionGroup var chosen: ModelArgument

    @Argument(help: "The files, at most 15; '-' is standard input.", completion: .file())
    var files: [String]

    @Flag(help: "Add the probability of each class, in the order of 'model show'.")
    var probabilities = false

    @Option(help: "The form of the lines.")
    var format = ModelPredict.Format.csv

    @Option(help: ArgumentHelp("Write to a file.", valueName: "file"), completion: .file())
    var to: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard (1...15).contains(files.count) else {
            throw ValidationError("\(files.count) files are too many; 15 at most")
        }
    }

    func run() throws {
        let opened = try files.map(OpenedFile.forReading)
        let target = try to.map { try NewFile($0) }
        let scratch = try OpenedFile.scratch()
        var client = try options.connect()
        let reply = try client.call(
            ModelPredict.self,
            ModelPredict.Params(
                model: chosen.reference,
                files: files,
                probabilities: probabilities,
                format: options.format == .jsonl ? .jsonl : format
            ),
            files: opened + [scratch]
        )
        if let target {
            try scratch.copy(to: target.descriptor)
            try target.keep()
            printNote("\(grouped(reply.rows)) rows → \(printable(target.path))")
        } else if options.format == .jsonl {
            let kind = ModelPredict.kind.quoted
            let head = "{\"schema\":\(envelopeSchema.quoted),\"kind\":\(kind),\"data\":"
            try scratch.copyLines(to: STDOUT_FILENO, after: head, before: "}")
            try options.show(reply, kind: ModelPredict.kind, ModelPredictPrinter())
        } else if options.format == .json {
            try options.show(reply, kind: ModelPredict.kind, ModelPredictPrinter())
        } else {
            try scratch.copy(to: STDOUT_FILENO)
        }
    }
}
