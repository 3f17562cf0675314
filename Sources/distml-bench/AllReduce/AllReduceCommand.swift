import ArgumentParser
import Foundation

/// Times the ring: `distml-bench allreduce`.
struct AllReduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allreduce",
        abstract: "Times the real ring between processes on this machine.",
        discussion: """
            Every rank is a process; the links are TCP on the loopback. Times are those of the \
            slowest rank. CPU is user and system time of all ranks for each 10⁹ bytes of the \
            vector. Bus GB/s is 2(n−1)/n of the vector for each second. Memory is the peak of the \
            largest rank, vector included.
            """
    )

    @Option(help: "World sizes, 2 to 16.")
    var world = NumberList([2, 3, 4])

    @Option(help: "Sizes of the vector, such as 4KiB,64MiB.")
    var size = SizeList([4 << 10, 1 << 20, 64 << 20])

    @Option(help: "What the links are: tls or plain.")
    var link = LinkKind.tls

    @Option(help: "Form of the elements on the wire.")
    var wire = WireForm.f32

    @Option(name: .customLong("repeat"), help: "All-reduces for each line (default: by size).")
    var repeats: Int?

    @Option(help: "TCP congestion control, such as reno (default: the system's).")
    var congestion: String?

    @Flag(help: "Also measure Gloo of PyTorch 2.7.1, in the clear and over TLS, in turns.")
    var compare = false

    @Option(help: "Folder to keep PyTorch in for the next time (default: a throw-away one).")
    var peers: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard world.values.allSatisfy((2...16).contains) else {
            throw ValidationError("a world size is 2 to 16")
        }
        guard size.values.allSatisfy({ $0 >= 4 && $0 % 4 == 0 && $0 <= 4 << 30 }) else {
            throw ValidationError("a size is a multiple of 4 bytes, at most 4 GiB")
        }
        guard repeats.map({ $0 > 0 }) ?? true else {
            throw ValidationError("--repeat takes a number from 1 on")
        }
    }

    func run() throws {
        let rows = try withTemporaryFolder { folder -> [AllReduceRow] in
            let python = try compare ? GlooPeer.python(keptIn: peers, or: folder, output) : nil
            _ = try ThrowawayCertificates(worldSize: world.values.max() ?? 2, in: folder)
            return try world.values.flatMap { worldSize in
                try measure(worldSize, folder, python)
            }
        }
        let control = congestion ?? systemCongestionControl()
        output.note("congestion control: \(control)")
        try output.print("allreduce", rows, as: AllReduceRow.table(rows))
    }

    private func measure(_ worldSize: Int, _ folder: URL, _ python: URL?) throws -> [AllReduceRow] {
        var groups = [
            try RankGroup.ofRing(link, worldSize, certificates: folder, congestion: congestion)
        ]
        defer { for group in groups { group.finish() } }
        if let python {
            groups.append(try GlooPeer.ranks(worldSize, python, folder, overTLS: false))
            groups.append(try GlooPeer.ranks(worldSize, python, folder, overTLS: true))
        }
        return try size.values.sorted().flatMap { bytes in
            output.note("world \(worldSize), \(binarySize(bytes)) …")
            return try measure(groups, bytes)
        }
    }

    /// Measures all implementations in turns, so that none has the quieter machine to itself.
    private func measure(_ groups: [RankGroup], _ bytes: Int) throws -> [AllReduceRow] {
        let turns = 4
        let repeats = self.repeats ?? max(20, min(2_000, (1 << 30) / bytes))
        var samples = groups.map { _ in AllReduceSample() }
        for turn in 0..<turns {
            let share = repeats * (turn + 1) / turns - repeats * turn / turns
            guard share > 0 else { continue }
            for (index, group) in groups.enumerated() {
                samples[index].add(try group.measure(bytes: bytes, repeats: share))
            }
        }
        let control = congestion ?? systemCongestionControl()
        return zip(groups, samples).map { group, sample in
            AllReduceRow(group, sample, bytes: bytes, baseline: samples[0], control: control)
        }
    }
}

/// Forms of an element on the wire.
enum WireForm: String, CaseIterable, ExpressibleByArgument {
    case f32
}

/// Whole numbers with commas between them.
struct NumberList: ExpressibleByArgument {
    let values: [Int]

    init(_ values: [Int]) { self.values = values }

    init?(argument: String) {
        let values = argument.split(separator: ",").map { Int($0) }
        guard !values.isEmpty, !values.contains(nil) else { return nil }
        self.values = values.compactMap { $0 }
    }

    var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}

/// Sizes in bytes with commas between them.
struct SizeList: ExpressibleByArgument {
    let values: [Int]

    init(_ values: [Int]) { self.values = values }

    init?(argument: String) {
        let values = argument.split(separator: ",").map { parseSize(String($0)) }
        guard !values.isEmpty, !values.contains(nil) else { return nil }
        self.values = values.compactMap { $0 }
    }

    var defaultValueDescription: String {
        values.map { binarySize($0).filter { $0 != " " } }.joined(separator: ",")
    }
}
