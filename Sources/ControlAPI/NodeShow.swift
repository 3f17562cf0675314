public import Domain

/// Shows one node: its machine, its certificate, how its workers are confined.
public enum NodeShow: Method {
    /// The wire name.
    public static let name = "node.show"
    /// The least role that may call it.
    public static let role = Role.viewer

    /// Which node.
    public struct Params: Codable, Sendable {
        /// Its name; nil means the asked node.
        public var node: NodeID?

        /// Asks for `node`.
        public init(node: NodeID? = nil) {
            self.node = node
        }
    }

    /// What the node says of itself; what it cannot say because it is away is nil.
    public struct Reply: Codable, Sendable {
        /// The line of the list.
        public var summary: NodeSummary
        /// What it runs on.
        public var machine: Machine?
        /// Who it proves to be.
        public var certificate: CertificateDocument?
        /// How its workers are confined, such as `landlock 4, seccomp`, or `none`.
        public var isolation: String?
        /// Since when its daemon runs.
        public var startedAt: Timestamp?
        /// Runs it takes part in now.
        public var runs: [RunID]

        /// A node with all its fields.
        public init(
            summary: NodeSummary,
            machine: Machine? = nil,
            certificate: CertificateDocument? = nil,
            isolation: String? = nil,
            startedAt: Timestamp? = nil,
            runs: [RunID]
        ) {
            self.summary = summary
            self.machine = machine
            self.certificate = certificate
            self.isolation = isolation
            self.startedAt = startedAt
            self.runs = runs
        }
    }

    /// Processor, memory and disk of a host.
    public struct Machine: Codable, Hashable, Sendable {
        /// Processor as the kernel names it.
        public var processor: String
        /// Logical processors that the daemon may use.
        public var cores: Int
        /// Load over one minute.
        public var load: Double
        /// Bytes of memory.
        public var memoryBytes: Int
        /// Bytes of memory that a new program could have.
        public var memoryAvailableBytes: Int
        /// Bytes of the file system that holds the daemon's state.
        public var diskBytes: Int
        /// Bytes free there.
        public var diskAvailableBytes: Int
        /// Kernel release.
        public var kernel: String

        /// A host with all its fields.
        public init(
            processor: String,
            cores: Int,
            load: Double,
            memoryBytes: Int,
            memoryAvailableBytes: Int,
            diskBytes: Int,
            diskAvailableBytes: Int,
            kernel: String
        ) {
            self.processor = processor
            self.cores = cores
            self.load = load
            self.memoryBytes = memoryBytes
            self.memoryAvailableBytes = memoryAvailableBytes
            self.diskBytes = diskBytes
            self.diskAvailableBytes = diskAvailableBytes
            self.kernel = kernel
        }
    }
}
