import Foundation

/// Finds the public files of a job, and cuts out of them what it wants.
struct BenchData {
    /// The files of one job, to be named after `dataset add`.
    struct Sources {
        var train: [String]
        /// Empty where nothing is held out as files.
        var test: [String]
        /// Rows of the training files.
        var rows: Int
    }

    /// The folder of `--data`.
    let folder: URL?
    /// Where cut files are put.
    let scratch: URL

    /// The files of `job`; nil where they are not there.
    func sources(of job: TrainJob) throws -> Sources? {
        switch job.source {
        case .digits:
            guard let file = sample() else { return nil }
            return Sources(train: [file], test: [], rows: 1_797)
        case .a9a: return both("a9a/a9a", "a9a/a9a.t", rows: 32_561)
        case .adult: return both("adult/adult.data", "adult/adult.test", rows: 32_561)
        case .fashion:
            guard let train = images("train"), let test = images("t10k") else { return nil }
            return Sources(train: train, test: test, rows: 60_000)
        case .fashionShirts:
            guard let train = try cut("train", keeping: shirts(_:_:)),
                let test = try cut("t10k", keeping: shirts(_:_:))
            else { return nil }
            return Sources(train: train, test: test, rows: 12_000)
        case .fashionPart:
            guard let train = try firstImages("train", rows: 10_000), let test = images("t10k")
            else { return nil }
            return Sources(train: train, test: test, rows: 10_000)
        }
    }

    private func shirts(_ row: Int, _ label: UInt8) -> UInt8? {
        label == 0 ? 0 : label == 6 ? 1 : nil
    }

    private func path(_ name: String) -> String? {
        guard let folder else { return nil }
        let path = folder.appendingPathComponent(name).path
        return FileManager.default.isReadableFile(atPath: path) ? path : nil
    }

    /// The first images of one part of Fashion-MNIST, as a pair of IDX files.
    func firstImages(_ part: String, rows: Int) throws -> [String]? {
        try cut(part) { row, label in row < rows ? label : nil }
    }

    /// A file's bytes, several times over; nil where it is not there.
    func text(_ name: String, times: Int) throws -> Data? {
        guard let path = path(name) else { return nil }
        let once = try Data(contentsOf: URL(fileURLWithPath: path))
        return (0..<times).reduce(into: Data()) { all, _ in all.append(once) }
    }

    /// The first images of Fashion-MNIST as a table with a header, the label last.
    func imageTable(rows: Int) throws -> Data? {
        guard let files = images("train") else { return nil }
        let (pixels, labels) = (try unzipped(files[0]), try unzipped(files[1]))
        let words = (0...255).map { Array("\($0),".utf8) }
        var text = Array(((0..<784).map { "p\($0)," }.joined() + "label\n").utf8)
        for row in 0..<rows {
            for value in pixels[16 + 784 * row..<16 + 784 * (row + 1)] {
                text += words[Int(value)]
            }
            text += Array("\(labels[8 + row])\n".utf8)
        }
        return Data(text)
    }

    private func both(_ train: String, _ test: String, rows: Int) -> Sources? {
        guard let train = path(train), let test = path(test) else { return nil }
        return Sources(train: [train], test: [test], rows: rows)
    }

    private func images(_ part: String) -> [String]? {
        guard let images = path("fashion-mnist/\(part)-images-idx3-ubyte.gz"),
            let labels = path("fashion-mnist/\(part)-labels-idx1-ubyte.gz")
        else { return nil }
        return [images, labels]
    }

    /// The sample in the checkout that this program was built in, or below the current folder.
    private func sample() -> String? {
        var place = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var candidates = [URL(fileURLWithPath: FileManager.default.currentDirectoryPath)]
        while place.path != "/" {
            place.deleteLastPathComponent()
            candidates.append(place)
        }
        return candidates.map { $0.appendingPathComponent("deploy/sample/digits.csv.gz").path }
            .first { FileManager.default.isReadableFile(atPath: $0) }
    }

    /// IDX files of the rows for which `keeping` gives a label.
    private func cut(
        _ part: String,
        keeping label: (Int, UInt8) -> UInt8?
    ) throws -> [String]? {
        guard let files = images(part) else { return nil }
        let pixels = try unzipped(files[0])
        let labels = try unzipped(files[1])
        var chosen = Data()
        var names = Data()
        for (row, old) in labels.dropFirst(8).enumerated() {
            guard let new = label(row, old) else { continue }
            let start = 16 + 784 * row
            chosen.append(pixels[start..<start + 784])
            names.append(new)
        }
        let count = withUnsafeBytes(of: UInt32(names.count).bigEndian) { Data($0) }
        let size = Data([0, 0, 0, 28, 0, 0, 0, 28])
        let stem = scratch.appendingPathComponent("\(UUID().uuidString)-\(part)").path
        let written = ["\(stem)-images", "\(stem)-labels"]
        try (Data([0, 0, 8, 3]) + count + size + chosen)
            .write(to: URL(fileURLWithPath: written[0]))
        try (Data([0, 0, 8, 1]) + count + names).write(to: URL(fileURLWithPath: written[1]))
        return written
    }

    private func unzipped(_ path: String) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchError("\(path): not gzip") }
        return data
    }
}
