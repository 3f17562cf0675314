/// One line of `distml-bench allreduce`.
struct AllReduceRow: Codable, Sendable {
    var implementation: String
    var world: Int
    var bytes: Int
    var repeats: Int
    var medianSeconds: Double
    var minSeconds: Double
    var busGigabytesPerSecond: Double
    var cpuSecondsPerGigabyte: Double
    var memoryBytes: Int
    /// Median, as a multiple of distml's in the same run.
    var medianRatio: Double
    var congestionControl: String

    init(
        _ group: RankGroup,
        _ sample: AllReduceSample,
        bytes: Int,
        baseline: AllReduceSample,
        control: String
    ) {
        let world = group.processes.count
        let gigabytes = Double(bytes) * 1e-9
        let crossing = gigabytes * 2 * Double(world - 1) / Double(world)
        let isOwn = group.implementation.hasPrefix("distml")
        implementation = group.implementation
        self.world = world
        self.bytes = bytes
        repeats = sample.seconds.count
        medianSeconds = median(sample.seconds)
        minSeconds = sample.seconds.min() ?? .nan
        busGigabytesPerSecond = crossing / medianSeconds
        cpuSecondsPerGigabyte = sample.cpuSeconds / (gigabytes * Double(repeats))
        memoryBytes = sample.memoryBytes
        medianRatio = medianSeconds / median(baseline.seconds)
        congestionControl = isOwn ? control : systemCongestionControl()
    }

    static func table(_ rows: [AllReduceRow]) -> Table {
        var table = Table(
            [
                "IMPLEMENTATION", "WORLD", "SIZE", "MEDIAN ms", "MIN ms", "BUS GB/s", "CPU s/GB",
                "MEMORY", "× DISTML", "REPEATS",
            ],
            leading: 1
        )
        for row in rows {
            table.add([
                row.implementation, "\(row.world)", binarySize(row.bytes),
                threeDigits(row.medianSeconds * 1e3), threeDigits(row.minSeconds * 1e3),
                threeDigits(row.busGigabytesPerSecond), threeDigits(row.cpuSecondsPerGigabyte),
                "\(row.memoryBytes >> 20) MiB", threeDigits(row.medianRatio), "\(row.repeats)",
            ])
        }
        return table
    }
}
