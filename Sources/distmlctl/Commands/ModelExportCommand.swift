import ArgumentParser
import ControlAPI
import Glibc

/// The command `distmlctl model export`.
struct ModelExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model into a file that other programs read.",
        discussion: """
            safetensors holds the arrays, onnx the whole computation with its scaling and class \
            names, liblinear and libsvm what those programs' own 'predict' reads. What a format \
            cannot express is refused.
            """
    )

    @OptionGroup var chosen: ModelArgument

    @Argument(
        help: "The file to make; '-' is standard output. Default: the model's name and format.",
        completion: .file()
    )
    var file: String?

    @Option(help: "The form of the file.")
    var to = ModelExport.Format.safetensors

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let scratch = try OpenedFile.scratch()
        var client = try options.connect()
        let reply = try client.call(
            ModelExport.self,
            ModelExport.Params(model: chosen.reference, format: to),
            files: [scratch]
        )
        for remark in reply.remarks { printNote(printable(remark)) }
        if file == "-" {
            guard isatty(STDOUT_FILENO) == 0 else {
                throw RPCError(
                    .badUsage,
                    "standard output is a terminal, the model is not text",
                    hint: "name a file, or redirect the output"
                )
            }
            return try scratch.copy(to: STDOUT_FILENO)
        }
        let target = try NewFile(file ?? "\(reply.model).\(to.rawValue)")
        try scratch.copy(to: target.descriptor)
        try target.keep()
        try options.show(
            reply,
            kind: ModelExport.kind,
            ModelExportPrinter(file: target.path)
        )
    }
}
