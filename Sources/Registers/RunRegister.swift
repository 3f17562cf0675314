public import Domain
public import Wire

/// Who leads a run, in which generation, and how it ended: the value of its register.
///
/// | Bytes | Meaning |
/// |---|---|
/// | 1 | 1, the layout |
/// | … | tenant, generation (UInt64), coordinator, list of seats |
/// | … | optional ending: outcome, optional cause, byte string |
/// | … | a cause: optional node, optional rank (UInt32), optional step (UInt64), reason |
public struct RunRegister: Hashable, Sendable {
    /// Whose run it is.
    public var tenant: TenantID
    /// The only generation whose writes count.
    public var generation: Generation
    /// Who leads it.
    public var coordinator: NodeID
    /// The seats that the run had at its start, in ring order: the voters on this register.
    public var seats: [NodeID]
    /// How this generation ended; nil while it has not.
    public var ending: Ending?

    /// How a generation ended.
    public struct Ending: Hashable, Sendable {
        /// The one outcome.
        public var outcome: Outcome
        /// Who caused it, where it ended other than well.
        public var cause: Cause?
        /// All else that is known of it, in a form that its writer chose.
        public var details: [UInt8]

        /// Longest details: they must fit a register beside the seats.
        public static let detailsMax = 40 << 10

        /// An ending with all its fields.
        public init(outcome: Outcome, cause: Cause?, details: [UInt8]) {
            self.outcome = outcome
            self.cause = cause
            self.details = details
        }
    }

    /// A run that has not ended.
    public init(
        tenant: TenantID,
        generation: Generation,
        coordinator: NodeID,
        seats: [NodeID]
    ) {
        self.tenant = tenant
        self.generation = generation
        self.coordinator = coordinator
        self.seats = seats
    }

    /// The value for the next generation, led by `coordinator`; no ending any more.
    public func taken(over coordinator: NodeID) -> RunRegister {
        RunRegister(
            tenant: tenant,
            generation: generation.next,
            coordinator: coordinator,
            seats: seats
        )
    }

    /// The value with its ending.
    public func ended(_ ending: Ending) -> RunRegister {
        var copy = self
        copy.ending = ending
        return copy
    }

    /// The value as bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(1 as UInt8)
        writer.write(tenant.text)
        writer.write(generation.number)
        writer.write(coordinator.text)
        writer.write(seats)
        writer.writeOptional(ending) { writer, ending in
            writer.write(ending.outcome.rawValue)
            writer.writeOptional(ending.cause) { $1.write(into: &$0) }
            writer.write(ending.details)
        }
        return writer.bytes
    }

    /// Reads the value of a run's register.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        let layout = try reader.integer("layout", as: UInt8.self)
        guard layout == 1 else { throw .badValue(what: "layout", value: "\(layout)") }
        let text = try reader.string("tenant", limit: 64)
        guard let tenant = TenantID(text) else { throw .badValue(what: "tenant", value: "") }
        self.tenant = tenant
        generation = Generation(try reader.integer("generation"))
        coordinator = try reader.node("coordinator")
        seats = try reader.nodes("seats")
        ending = try reader.optional("ending", Ending.init(from:))
        try reader.finish()
    }
}

extension RunRegister.Ending {
    init(from reader: inout ByteReader) throws(WireError) {
        let word = try reader.string("outcome", limit: 32)
        guard let outcome = Outcome(rawValue: word) else {
            throw .badValue(what: "outcome", value: "")
        }
        self.outcome = outcome
        cause = try reader.optional("cause", Cause.init(from:))
        details = try reader.bytes("details", limit: Self.detailsMax)
    }
}

extension Cause {
    /// Longest reason that is kept.
    private static let reasonMax = 1 << 10

    fileprivate func write(into writer: inout ByteWriter) {
        writer.writeOptional(node) { $0.write($1.text) }
        writer.writeOptional(rank) { $0.write(UInt32(clamping: $1.index)) }
        writer.writeOptional(step) { $0.write(UInt64(clamping: $1)) }
        writer.write(String(decoding: reason.utf8.prefix(Self.reasonMax), as: UTF8.self))
    }

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        let node = try reader.optional("node") { reader throws(WireError) in
            try reader.node("node")
        }
        let rank = try reader.optional("rank") { reader throws(WireError) in
            Rank(Int(try reader.integer("rank", as: UInt32.self)))
        }
        let step = try reader.optional("step") { reader throws(WireError) in
            Int(clamping: try reader.integer("step", as: UInt64.self))
        }
        // Cutting at a byte may have put a replacement character of three bytes for one.
        let reason = try reader.string("reason", limit: Self.reasonMax + 16)
        self.init(node: node, rank: rank, step: step, reason: reason)
    }
}
