import Foundation

/// One line of `distml-bench train`.
struct TrainRow: Codable, Sendable {
    var job: String
    var implementation: String
    var nodes: Int
    /// As the job states it: a sum over rows for machines, else a mean; nil where none is compared.
    var objective: Double?
    /// On the test rows.
    var accuracy: Double?
    /// Median over the repetitions, data in memory or mapped.
    var seconds: Double
    /// Median over the repetitions.
    var rowsPerSecond: Double?
    /// Largest resident memory of a worker, or of the peer's process.
    var memoryBytes: Int
    /// Seconds, as a multiple of distml's first line of this job.
    var secondsRatio: Double

    static func table(_ rows: [TrainRow]) -> Table {
        var table = Table(
            [
                "JOB", "IMPLEMENTATION", "NODES", "OBJECTIVE", "ACCURACY", "SECONDS", "ROWS/s",
                "MEMORY", "× DISTML",
            ],
            leading: 2
        )
        for row in rows {
            table.add([
                row.job, row.implementation, "\(row.nodes)",
                row.objective.map { String(format: "%.9g", $0) } ?? "-",
                row.accuracy.map { threeDigits($0 * 100) + " %" } ?? "-",
                threeDigits(row.seconds), row.rowsPerSecond.map { "\(Int($0))" } ?? "-",
                "\(row.memoryBytes >> 20) MiB", threeDigits(row.secondsRatio),
            ])
        }
        return table
    }
}
