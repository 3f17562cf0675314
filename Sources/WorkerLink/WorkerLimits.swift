internal import Wire

/// What one worker may use; the kernel enforces it, nil leaves a limit to the system.
public struct WorkerLimits: Equatable, Sendable {
    /// Bytes of memory of its own: the heap, not the files and the memory that it was handed.
    public var memoryBytes: UInt64?
    /// Seconds of processor time, after which the kernel ends it.
    public var processorSeconds: UInt64?
    /// Size to which it may write a file that it was handed.
    public var fileBytes: UInt64?

    /// Limits, by default none.
    public init(
        memoryBytes: UInt64? = nil,
        processorSeconds: UInt64? = nil,
        fileBytes: UInt64? = nil
    ) {
        self.memoryBytes = memoryBytes
        self.processorSeconds = processorSeconds
        self.fileBytes = fileBytes
    }
}

/// The first bytes a daemon sends: what the launcher stage needs before the program proper starts.
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 8 | `distmlW1`: protocol and version |
/// | 8 | 8 | memory limit in bytes; all ones for none, here and below |
/// | 16 | 8 | processor limit in seconds |
/// | 24 | 8 | file size limit in bytes |
/// | 32 | 1 | 0: must be confined; 1: may go on without |
struct Preamble: Equatable {
    static let byteCount = 33
    private static let magic = Array("distmlW1".utf8)

    var limits: WorkerLimits
    var policy: IsolationPolicy

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Preamble.byteCount)
        writer.writeRaw(Preamble.magic)
        for limit in [limits.memoryBytes, limits.processorSeconds, limits.fileBytes] {
            writer.write(limit ?? .max)
        }
        writer.write(policy.rawValue)
        return writer.bytes
    }

    init(limits: WorkerLimits, policy: IsolationPolicy) {
        self.limits = limits
        self.policy = policy
    }

    init(_ bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        let magic = try reader.raw("preamble", count: Preamble.magic.count)
        guard magic == Preamble.magic else {
            throw .badValue(what: "preamble", value: "not 'distmlW1'")
        }
        func limit(_ what: StaticString) throws(WireError) -> UInt64? {
            let value: UInt64 = try reader.integer(what)
            return value == .max ? nil : value
        }
        let memory = try limit("memory limit")
        let processor = try limit("processor limit")
        let file = try limit("file size limit")
        limits = WorkerLimits(
            memoryBytes: memory,
            processorSeconds: processor,
            fileBytes: file
        )
        let raw: UInt8 = try reader.integer("isolation policy")
        guard let policy = IsolationPolicy(rawValue: raw) else {
            throw .badValue(what: "isolation policy", value: "\(raw)")
        }
        self.policy = policy
        try reader.finish()
    }
}
