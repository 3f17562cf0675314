import ArgumentParser
import Foundation

/// Has other programs read our model files: `distml-bench export`.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Trains models, and has the programs of other projects predict with them.",
        discussion: """
            Every kind of model is trained on the first 10,000 images of Fashion-MNIST between \
            real daemons, exported, and read by ONNX Runtime, liblinear-predict and svm-predict, \
            which are installed into a throw-away folder. Shown is on how many of 1,000 test rows \
            they say what 'model predict' says.
            """
    )

    @Option(help: "Folder with the public files, in a subfolder fashion-mnist.")
    var data: String

    @Option(help: "Folder to keep the programs in for the next time (default: a throw-away one).")
    var peers: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let rows = try withTemporaryFolder { folder -> [ExportRow] in
            let python = try ExportPeers.python(keptIn: peers, or: folder, output)
            _ = try ThrowawayCertificates(worldSize: 3, in: folder)
            let files = BenchData(folder: URL(fileURLWithPath: data), scratch: folder)
            guard let train = try files.firstImages("train", rows: 10_000),
                let test = try files.firstImages("t10k", rows: 1_000)
            else { throw BenchError("there is no fashion-mnist in \(data)") }
            let cluster = try BenchCluster(nodes: 3, certificates: folder, in: folder)
            defer { cluster.finish() }
            try cluster.command(["dataset", "add", "train"] + train)
            return try ExportJob.all.flatMap { job -> [ExportRow] in
                output.note("\(job.name) …")
                return try job.measure(cluster, test, folder, python)
            }
        }
        try output.print("export", rows, as: ExportRow.table(rows))
        let isSame = rows.allSatisfy { $0.same == $0.rows }
        guard isSame else { throw ExitCode(1) }
    }
}

/// One line of `distml-bench export`.
struct ExportRow: Codable, Sendable {
    var model: String
    var format: String
    var program: String
    var rows: Int
    /// Rows that the program gives the same class as 'model predict'.
    var same: Int
    /// Largest difference of a probability, where both give them.
    var difference: Double?

    static func table(_ rows: [ExportRow]) -> Table {
        var table = Table(["MODEL", "FORMAT", "PROGRAM", "ROWS", "SAME", "DIFFERENCE"], leading: 3)
        for row in rows {
            table.add([
                row.model, row.format, row.program, "\(row.rows)", "\(row.same)",
                row.difference.map { String(format: "%.1e", $0) } ?? "-",
            ])
        }
        return table
    }
}

/// One kind of model, and the formats that can say it.
private struct ExportJob {
    let name: String
    /// What follows `run`.
    let words: String
    let formats: [String]
    var hasProbabilities = false

    static let all = [
        ExportJob(
            name: "softmax",
            words: "sgd --epochs 5",
            formats: ["onnx", "liblinear", "libsvm"],
            hasProbabilities: true
        ),
        ExportJob(
            name: "softmax, scaled",
            words: "sgd --epochs 5 --scale standard",
            formats: ["onnx", "liblinear"],
            hasProbabilities: true
        ),
        ExportJob(
            name: "machine",
            words: "svm --tol 1e-2 --loss squared-hinge",
            formats: ["onnx", "liblinear", "libsvm"]
        ),
        ExportJob(
            name: "mlp",
            words: "sgd --model mlp:64,32 --epochs 3",
            formats: ["onnx"],
            hasProbabilities: true
        ),
        ExportJob(
            name: "cnn",
            words: "sgd --model cnn:8c3,p2,16c3,p2,32 --epochs 1",
            formats: ["onnx"],
            hasProbabilities: true
        ),
        ExportJob(
            name: "kernel machine",
            words: "svm --kernel rbf --C 10",
            formats: ["onnx", "libsvm"]
        ),
        ExportJob(
            name: "random features",
            words: "svm --kernel rbf --C 10 --mode features --map rff --features 300 --tol 1e-2",
            formats: ["onnx"]
        ),
    ]

    func measure(
        _ cluster: BenchCluster,
        _ test: [String],
        _ folder: URL,
        _ python: URL
    ) throws -> [ExportRow] {
        let model = "m-" + String(name.filter(\.isLetter))
        let run = "run \(words) --dataset train --name \(model)"
        try cluster.command(run.split(separator: " ").map(String.init))
        var predict = ["model", "predict", model] + test + ["--format", "jsonl"]
        if hasProbabilities { predict.append("--probabilities") }
        let own = folder.appendingPathComponent("\(model).jsonl")
        try Data(try cluster.command(predict).utf8).write(to: own)
        return try formats.map { format in
            let file = folder.appendingPathComponent("\(model).\(format)").path
            try cluster.command(["model", "export", model, file, "--to", format])
            return try ExportPeers.judge(
                ExportPeers.Order(
                    model: name,
                    format: format,
                    file: file,
                    images: test[0],
                    labels: test[1],
                    predictions: own.path
                ),
                python
            )
        }
    }
}

/// The programs that read the files.
enum ExportPeers {
    struct Order: Encodable {
        var model: String
        var format: String
        var file: String
        var images: String
        var labels: String
        var predictions: String
    }

    /// A Python with ONNX Runtime beside the two other programs, installed where they lack.
    static func python(
        keptIn folder: String?,
        or temporary: URL,
        _ output: OutputOptions
    ) throws -> URL {
        let python = try PeerPython(
            packages: ["numpy", "onnxruntime"],
            check: "import numpy, onnxruntime",
            note: "ONNX Runtime, liblinear-tools and libsvm-tools"
        ).interpreter(keptIn: folder, or: temporary, output)
        let home = python.deletingLastPathComponent().deletingLastPathComponent()
        let programs = home.appendingPathComponent("predict/usr/bin").path
        if FileManager.default.fileExists(atPath: programs) { return python }
        let unpack = """
            mkdir -p "$0/predict" && cd "$0/predict" &&
            apt-get download liblinear-tools liblinear4 libsvm-tools libsvm3 libblas3 &&
            for f in *.deb; do dpkg-deb -x "$f" .; done
            """
        try GlooPeer.run("/bin/sh", ["-c", unpack, home.path])
        return python
    }

    /// Has the program of the order's format predict, and counts.
    static func judge(_ order: Order, _ python: URL) throws -> ExportRow {
        let process = try ChildProcess(
            python,
            arguments: ["-c", exportPeerScript],
            name: "\(order.format) \(order.model)"
        )
        defer { process.finish() }
        try process.order(order)
        return try process.answer(ExportRow.self)
    }
}

/// Reads one order, has a program predict, and answers with an `ExportRow`.
private let exportPeerScript = """
    import glob, json, os, subprocess, sys
    import numpy as np

    order = json.loads(sys.stdin.readline())
    images = np.frombuffer(open(order["images"], "rb").read(), np.uint8, offset=16)
    x = images.reshape(-1, 784).astype(np.float32) / np.float32(255)
    own = [json.loads(line) for line in open(order["predictions"])]
    labels = [str(line["label"]) for line in own]
    difference = None
    if order["format"] == "onnx":
        import onnxruntime
        program = f"onnxruntime {onnxruntime.__version__}"
        session = onnxruntime.InferenceSession(order["file"])
        names = [o.name for o in session.get_outputs()]
        found = dict(zip(names, session.run(names, {"features": x})))
        theirs = [str(label) for label in found["label"]]
        if "probabilities" in found and "probabilities" in own[0]:
            ours = [list(line["probabilities"].values())
                if isinstance(line["probabilities"], dict) else line["probabilities"]
                for line in own]
            difference = float(np.abs(np.array(ours) - found["probabilities"]).max())
    else:
        home = os.path.join(os.path.dirname(os.path.dirname(sys.executable)), "predict")
        program = {"liblinear": "liblinear-predict", "libsvm": "svm-predict"}[order["format"]]
        text = order["file"] + ".rows"
        with open(text, "w") as f:
            for row in x:
                f.write("0 " + " ".join(f"{i + 1}:{row[i]:.9g}" for i in np.flatnonzero(row)))
                f.write("\\n")
        libraries = [os.path.dirname(p) for p in glob.glob(home + "/**/*.so.*", recursive=True)]
        subprocess.run(
            [home + "/usr/bin/" + program, text, order["file"], text + ".out"], check=True,
            stdout=subprocess.DEVNULL, env={"LD_LIBRARY_PATH": ":".join(sorted(set(libraries)))})
        theirs = [f"{float(line):g}" for line in open(text + ".out")]
    print(json.dumps({
        "model": order["model"], "format": order["format"], "program": program,
        "rows": len(labels), "same": sum(a == b for a, b in zip(labels, theirs)),
        "difference": difference,
    }), flush=True)
    """
