public import Domain

/// How a person points at a sweep: its id, any unique beginning of it, its name, or `@last`.
public typealias SweepReference = Reference<SweepRecord>

extension SweepReference {
    /// The sweep that is meant among those of the caller's tenant.
    /// - Throws: `.notFound`; `.badUsage` where several ids begin so.
    public func resolve(
        among records: [SweepRecord],
        uid: UInt32
    ) throws(RPCError) -> SweepRecord {
        try target(among: records, uid: uid)
    }
}

extension SweepRecord: Referable {
    var idText: String { id.text }
    var nameText: String? { spec.name?.text }
    var starter: UInt32 { startedBy.uid }
    static var words: ReferenceWords {
        ReferenceWords(
            noun: "sweep",
            prefix: "s-",
            startHint: "start one with 'distmlctl sweep sgd --dataset NAME --grid lr=…'",
            listHint: "list them with 'distmlctl sweep ls'"
        )
    }
}
