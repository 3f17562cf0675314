public import Domain

/// How a person points at a run: its id, any unique beginning of it, its name, or `@last`.
public typealias RunReference = Reference<RunRecord>

extension RunReference {
    /// The run that is meant among those of the caller's tenant.
    /// - Throws: `.notFound`; `.badUsage` where several ids begin so.
    public func resolve(
        among records: [RunRecord],
        uid: UInt32
    ) throws(RPCError) -> RunRecord {
        try target(among: records, uid: uid)
    }
}

extension RunRecord: Referable {
    var idText: String { id.text }
    var nameText: String? { spec.name?.text }
    var starter: UInt32 { startedBy }
    static var words: ReferenceWords {
        ReferenceWords(
            noun: "run",
            prefix: "r-",
            startHint: "start one with 'distmlctl run sgd --dataset NAME'",
            listHint: "list them with 'distmlctl ps -a'"
        )
    }
}
