import Foundation

/// One line of `distml-bench train`.
struct TrainRow: Codable, Sendable {
    var job: String
    var implementation: String
    var nodes: Int
    /// As the job states it: a sum over rows for machines, else a mean; nil where none is compared.
    var objective: Double?
    /// On the test rows, the mean over the repetitions.
    var accuracy: Double?
    /// On the test rows.
    var balancedAccuracy: Double?
    /// Median over the repetitions, data in memory or mapped.
    var seconds: Double
    /// Seconds to call the classes of all test rows.
    var predictSeconds: Double?
    /// Median over the repetitions.
    var rowsPerSecond: Double?
    /// Largest resident memory of a worker, or of the peer's process.
    var memoryBytes: Int
    /// Iterations of the last run.
    var steps: Int?
    /// How often a rank waited for the others.
    var waits: Int?
    /// Bytes that a node sent around the ring.
    var bytesSent: Int?
    /// Share of the sums' time that computing hid.
    var hiddenShare: Double?
    /// Seconds, as a multiple of distml's first line of this job.
    var secondsRatio = Double.nan

    init(job: String, implementation: String, nodes: Int, seconds: Double, memoryBytes: Int) {
        self.job = job
        self.implementation = implementation
        self.nodes = nodes
        self.seconds = seconds
        self.memoryBytes = memoryBytes
    }

    static func table(_ rows: [TrainRow]) -> Table {
        var table = Table(
            [
                "JOB", "IMPLEMENTATION", "NODES", "OBJECTIVE", "ACCURACY", "SECONDS", "PREDICT",
                "ROWS/s", "MEMORY", "STEPS", "WAITS", "× DISTML",
            ],
            leading: 2
        )
        for row in rows {
            let share = row.balancedAccuracy ?? row.accuracy
            table.add([
                row.job, row.implementation, "\(row.nodes)",
                row.objective.map { String(format: "%.10g", $0) } ?? "-",
                share.map { String(format: "%.2f %%", $0 * 100) } ?? "-",
                threeDigits(row.seconds), row.predictSeconds.map(threeDigits) ?? "-",
                row.rowsPerSecond.map { "\(Int($0))" } ?? "-",
                "\(row.memoryBytes >> 20) MiB", row.steps.map(String.init) ?? "-",
                row.waits.map(String.init) ?? "-", threeDigits(row.secondsRatio),
            ])
        }
        return table
    }
}
