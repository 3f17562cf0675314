import Datasets
import Foundation
import Glibc

/// Text to be read, and who else reads it; one thread, processor seconds, from a warm cache.
struct ParseJob {
    /// What the text is.
    enum Source {
        /// a9a, twenty times over.
        case sparse
        /// The first 10,000 images of Fashion-MNIST as comma-separated values.
        case images
        /// 100,000 rows of 30 real values, written with nine digits.
        case floats
        /// The table adult, ten times over, with its columns of text.
        case texts
    }

    let name: String
    let source: Source
    /// Names that `parsePeerScript` knows.
    let peers: [String]

    static let all = [
        ParseJob(name: "parse-libsvm", source: .sparse, peers: ["scikit-learn"]),
        ParseJob(name: "parse-csv-images", source: .images, peers: ["polars", "pandas"]),
        ParseJob(name: "parse-csv-floats", source: .floats, peers: ["polars", "pandas"]),
        ParseJob(name: "parse-csv-texts", source: .texts, peers: ["polars", "pandas"]),
    ]

    /// A line for us and one for each peer; nothing where the data are not there.
    func measure(_ files: BenchData, _ python: URL?, repeats: Int) throws -> [TrainRow] {
        guard let text = try text(files) else { return [] }
        let place = files.scratch.appendingPathComponent("\(UUID().uuidString).txt")
        try text.write(to: place)
        defer { try? FileManager.default.removeItem(at: place) }
        var rows = [try measureOwn(place, repeats: repeats)]
        for peer in python == nil ? [] : peers {
            guard let python else { continue }
            let process = try ChildProcess(
                python,
                arguments: ["-W", "ignore", "-c", parsePeerScript, peer, place.path, "\(repeats)"],
                environment: ["POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"],
                name: peer
            )
            defer { process.finish() }
            let answer = try process.answer(Answer.self)
            rows.append(row(peer, answer.seconds, answer.memoryBytes, answer.rows))
        }
        let baseline = rows[0].seconds
        for index in rows.indices { rows[index].secondsRatio = rows[index].seconds / baseline }
        return rows
    }

    private struct Answer: Decodable {
        var seconds: [Double]
        var memoryBytes: Int
        var rows: Int
    }

    private func row(_ name: String, _ seconds: [Double], _ memory: Int, _ rows: Int) -> TrainRow {
        var row = TrainRow(
            job: self.name,
            implementation: name,
            nodes: 1,
            seconds: median(seconds),
            memoryBytes: memory
        )
        row.rowsPerSecond = Double(rows) / row.seconds
        return row
    }

    private func measureOwn(_ place: URL, repeats: Int) throws -> TrainRow {
        let descriptor = open(place.path, O_RDONLY | O_CLOEXEC)
        let staged = place.path + ".rows"
        let staging = open(staged, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        unlink(staged)
        defer {
            close(descriptor)
            close(staging)
        }
        guard descriptor >= 0, staging >= 0 else { throw BenchError("\(place.path): \(errno)") }
        var options = ImportOptions()
        options.missing = .zero
        if source == .images || source == .floats { options.label = "label" }
        resetPeakMemory()
        var (seconds, count): ([Double], Int) = ([], 0)
        for _ in 0..<repeats {
            guard ftruncate(staging, 0) == 0 else { throw BenchError("staging: \(errno)") }
            let start = cpuSeconds()
            count = try Importer.parseOnly(
                [ImportFile(name: place.lastPathComponent, descriptor: descriptor)],
                options: options,
                staging: staging
            )
            seconds.append(cpuSeconds() - start)
        }
        return row("distml", seconds, peakMemory(), count)
    }

    private func text(_ files: BenchData) throws -> Data? {
        switch source {
        case .sparse: return try files.text("a9a/a9a", times: 20)
        case .texts: return try files.text("adult/adult.data", times: 10)
        case .images: return try files.imageTable(rows: 10_000)
        case .floats: return Data(floatTable(rows: 100_000, columns: 30).utf8)
        }
    }
}

/// Values of many digits, always the same.
private func floatTable(rows: Int, columns: Int) -> String {
    var state: UInt64 = 1
    var text = (0..<columns).map { "c\($0)," }.joined() + "label\n"
    for row in 0..<rows {
        for _ in 0..<columns {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let digits = String(state >> 34)
            text += (state & (1 << 33) == 0 ? "0." : "-1.") + digits + ","
        }
        text += "\(row % 2)\n"
    }
    return text
}

/// Reads a file as often as it is told and answers with processor seconds.
private let parsePeerScript = """
    import json, resource, sys, time

    peer, path, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
    has_header = open(path).readline().strip().endswith("label")
    if peer == "scikit-learn":
        from sklearn.datasets import load_svmlight_file
        read = lambda: load_svmlight_file(path)[0]
    elif peer == "polars":
        import polars
        read = lambda: polars.read_csv(path, has_header=has_header)
    else:
        import pandas
        read = lambda: pandas.read_csv(path, header=0 if has_header else None)
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        table = read()
        seconds.append(time.process_time() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "memory_bytes": memory, "rows": table.shape[0]}),
        flush=True)
    """
