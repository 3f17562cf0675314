import ArgumentParser
import ControlAPI
import Domain

/// The command `distmlctl dataset add`.
struct DatasetAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Import files: check every value, shard, replicate.",
        discussion: """
            Reads LIBSVM text, CSV, TSV, IDX pairs (images and labels) and NumPy's .npy pairs \
            (features and labels), each also gzipped, and .npz files, scipy's sparse ones too. \
            Columns of text become one-hot columns. The files are opened here, with your rights; \
            '-' is standard input. In an .npz file --label, --only and --drop name arrays.

              distmlctl dataset add digits digits.csv
              distmlctl dataset add adult adult.data --missing mean --drop 3
              distmlctl dataset add mnist images-idx3-ubyte.gz labels-idx1-ubyte.gz
              distmlctl dataset add faces X.npy y.npy
              distmlctl dataset add keras mnist.npz --label y_train
            """
    )

    @Argument(help: "What to call the dataset.", transform: DatasetName.typed)
    var name: DatasetName

    @Argument(help: "The files, at most 16; '-' is standard input.", completion: .file())
    var files: [String]

    @OptionGroup var reading: ReadingArguments

    @Option(help: "Nodes that hold each shard; by default as configured.")
    var replicas: Int?

    @Flag(
        help: """
            Register the rows as this node's part of the dataset; they never leave it, and every \
            node adds its own under the same name.
            """
    )
    var local = false

    @Flag(
        help: """
            With --local: categories and classes that stand in the rows may be told to the \
            other nodes.
            """
    )
    var shareRows = false

    @Flag(help: "Only say what was found and how it would be read.")
    var dryRun = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard (1...16).contains(files.count) else {
            throw ValidationError("\(files.count) files are too many; 16 at most")
        }
        guard files.count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("there is only one standard input")
        }
        if local, replicas != nil {
            throw ValidationError("--local makes no replicas: the rows stay where they are")
        }
        if shareRows, !local { throw ValidationError("--share-rows is for --local") }
        if let replicas, replicas < 1 { throw ValidationError("--replicas wants at least 1") }
    }

    func run() throws {
        let opened = try files.map(OpenedFile.forReading)
        let params = DatasetAdd.Params(
            name: name,
            files: files,
            reading: try reading.options(),
            replicas: replicas,
            isLocal: local,
            shareRows: shareRows,
            dryRun: dryRun
        )
        var client = try options.connect()
        var display = ImportDisplay(terminal: Terminal.current())
        defer { display.clear() }
        let end = try client.stream(
            DatasetAdd.self,
            params,
            files: opened
        ) { display.show($0) }
        display.clear()
        guard case .reply(let document) = end else {
            printNote("interrupted; unless it was just done, nothing has been added")
            throw ExitCode(130)
        }
        try options.show(document, kind: DatasetAdd.kind, DatasetPrinter(), isFinal: true)
    }
}
