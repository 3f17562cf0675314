import ArgumentParser
import Foundation
import LinearAlgebra

/// Measures the machine: `distml-bench limits`.
struct LimitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Measures what one core of this machine can do.",
        discussion: """
            Medians of several tries. Cipher, copy, add and product run on one thread; a stream \
            goes one way between two processes over the loopback, and its CPU is that of both \
            ends for each 10⁹ bytes.
            """
    )

    @OptionGroup var output: OutputOptions

    func run() throws {
        beginAgainWithRightKernels()
        var rows = try cipherRates() + memoryRates() + productRates()
        try withTemporaryFolder { folder in
            _ = try ThrowawayCertificates(worldSize: 2, in: folder)
            for link in [LinkKind.plain, .tls] { rows += try streamRates(link, folder) }
        }
        output.note("congestion control: \(systemCongestionControl())")
        try output.print("limits", rows, as: LimitRow.table(rows))
    }

    /// Has OpenBLAS loaded anew where it would take other kernels than a worker has it take.
    private func beginAgainWithRightKernels() {
        let setting = "OPENBLAS_CORETYPE"
        guard getenv(setting) == nil, let kernels = kernelsToAskFor() else { return }
        setenv(setting, kernels, 1)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        output.note("matrix products by \(kernels)'s kernels were not to be had")
    }

    private func streamRates(_ link: LinkKind, _ folder: URL) throws -> [LimitRow] {
        let ranks = try RankGroup.ofRing(link, 2, certificates: folder, congestion: nil)
        defer { ranks.finish() }
        let bytes = 64 << 20
        let sample = try ranks.measure(.broadcast, bytes: bytes, repeats: 20)
        let gigabytes = Double(bytes) * 1e-9
        return [
            LimitRow(
                limit: link == .tls ? "TLS stream" : "TCP stream",
                detail: "64 MiB, one way",
                rate: gigabytes / median(sample.seconds),
                unit: "GB/s",
                cpuSecondsPerGigabyte: sample.cpuSeconds / gigabytes / Double(sample.seconds.count)
            )
        ]
    }
}

/// One line of `distml-bench limits`.
struct LimitRow: Codable, Sendable {
    var limit: String
    var detail: String
    var rate: Double
    var unit: String
    var cpuSecondsPerGigabyte: Double?

    static func table(_ rows: [LimitRow]) -> Table {
        var table = Table(["LIMIT", "HOW", "RATE", "UNIT", "CPU s/GB"], leading: 2)
        for row in rows {
            let cpu = row.cpuSecondsPerGigabyte.map(threeDigits) ?? ""
            table.add([row.limit, row.detail, threeDigits(row.rate), row.unit, cpu])
        }
        return table
    }
}

/// The median rate of `work`, which does `amount` of something each time it is called.
func rate(of amount: Double, _ work: () -> Void) -> Double {
    work()
    // As many calls as fill a fiftieth of a second, so that reading the clock costs nothing.
    let calls = max(1, Int(0.02 / max(seconds(work), 1e-7)))
    let rates = (0..<15).map { _ in
        amount * Double(calls) / seconds { for _ in 0..<calls { work() } }
    }
    return median(rates)
}

private func seconds(_ work: () -> Void) -> Double {
    let clock = ContinuousClock()
    return clock.measure(work) / .seconds(1)
}
