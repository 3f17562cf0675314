public import Domain

/// Measures the all-reduce over the real ring of all nodes.
public enum RingBench: Method {
    /// The wire name.
    public static let name = "ring.bench"
    /// The least role that may call it.
    public static let role = Role.clusterOperator
    /// It computes for a while.
    public static let silenceSecondsMax = 600

    /// How much, how often.
    public struct Params: Codable, Sendable {
        /// Vector sizes in bytes, each a multiple of 4.
        public var sizes: [Int]
        /// Times each size is measured after one that does not count.
        public var count: Int

        /// Asks for these sizes.
        public init(sizes: [Int], count: Int) {
            self.sizes = sizes
            self.count = count
        }
    }

    /// One measurement per size.
    public typealias Reply = [Measurement]

    /// An all-reduce of one size.
    public struct Measurement: Codable, Hashable, Sendable {
        /// What was measured: `distml tls`.
        public var implementation: String
        /// Number of ranks.
        public var world: Int
        /// Vector size.
        public var bytes: Int
        /// Median over the repetitions of the slowest rank.
        public var medianSeconds: Double
        /// Best of the repetitions.
        public var minSeconds: Double
        /// 2(N−1)/N · bytes over the median, in 10⁹ bytes a second.
        public var busGigabytesPerSecond: Double
        /// Processor seconds of all ranks per 10⁹ bytes of vector; nil where not measured.
        public var cpuSecondsPerGigabyte: Double?
        /// Greatest memory of one rank; nil where not measured.
        public var memoryBytes: Int?

        /// A measurement with all its fields.
        public init(
            implementation: String,
            world: Int,
            bytes: Int,
            medianSeconds: Double,
            minSeconds: Double,
            busGigabytesPerSecond: Double,
            cpuSecondsPerGigabyte: Double? = nil,
            memoryBytes: Int? = nil
        ) {
            self.implementation = implementation
            self.world = world
            self.bytes = bytes
            self.medianSeconds = medianSeconds
            self.minSeconds = minSeconds
            self.busGigabytesPerSecond = busGigabytesPerSecond
            self.cpuSecondsPerGigabyte = cpuSecondsPerGigabyte
            self.memoryBytes = memoryBytes
        }

        /// Encodes promised fields even where they are null.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(implementation, forKey: .implementation)
            try container.encode(world, forKey: .world)
            try container.encode(bytes, forKey: .bytes)
            try container.encode(medianSeconds, forKey: .medianSeconds)
            try container.encode(minSeconds, forKey: .minSeconds)
            try container.encode(busGigabytesPerSecond, forKey: .busGigabytesPerSecond)
            try container.encode(cpuSecondsPerGigabyte, forKey: .cpuSecondsPerGigabyte)
            try container.encode(memoryBytes, forKey: .memoryBytes)
        }
    }
}
