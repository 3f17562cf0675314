import Foundation
import JSONRPC

/// The programs that people use today for the same jobs, as `--compare` measures them.
enum TrainPeers {
    private static let packages = [
        "numpy", "scipy", "pandas", "polars", "scikit-learn", "liblinear-official",
        "libsvm-official",
        "torch==\(GlooPeer.version)",
    ]

    /// A Python that has them all, installed if they are not there yet.
    static func python(
        keptIn folder: String?,
        or temporary: URL,
        _ output: OutputOptions
    ) throws -> URL {
        try PeerPython(
            packages: packages,
            check: "import sklearn, pandas, polars, torch; "
                + "import liblinear.liblinearutil, libsvm.svmutil",
            note: "the peers, some 2.7 GB to download,"
        ).interpreter(keptIn: folder, or: temporary, output)
    }

    private struct Order: Encodable {
        var peer: String
        var train: [String]
        var test: [String]
        var repeats: Int
    }

    private struct Answer: Decodable {
        var seconds: [Double]
        var objective: Double?
        var accuracy: Double?
        var balancedAccuracy: Double?
        var predictSeconds: Double?
        var rowsPerSecond: Double?
        var memoryBytes: Int
    }

    /// Has one peer do a job in a process of its own, on one thread, data in memory.
    static func measure(
        _ peer: String,
        _ job: TrainJob,
        _ sources: BenchData.Sources,
        _ python: URL,
        repeats: Int
    ) throws -> TrainRow {
        let threads = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
        let process = try ChildProcess(
            python,
            arguments: ["-W", "ignore", "-c", trainPeerScript],
            environment: Dictionary(uniqueKeysWithValues: threads.map { ($0, "1") }),
            name: peer
        )
        defer { process.finish() }
        try process.order(
            Order(peer: peer, train: sources.train, test: sources.test, repeats: repeats)
        )
        let answer = try process.answer(Answer.self)
        var row = TrainRow(
            job: job.name,
            implementation: peer,
            nodes: peer.hasSuffix("DDP") ? 2 : 1,
            seconds: median(answer.seconds),
            memoryBytes: answer.memoryBytes
        )
        row.objective = answer.objective
        row.accuracy = answer.accuracy
        row.balancedAccuracy = answer.balancedAccuracy
        row.predictSeconds = answer.predictSeconds
        row.rowsPerSecond = answer.rowsPerSecond
        return row
    }
}
