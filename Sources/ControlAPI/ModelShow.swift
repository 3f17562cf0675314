public import Domain

/// Shows one model.
public enum ModelShow: Method {
    /// The wire name.
    public static let name = "model.show"
    /// The least role that may call it.
    public static let role = Role.viewer

    /// Which model.
    public struct Params: Codable, Sendable {
        /// A model's name, or the run that made it.
        public var model: RunReference

        /// Asks for a model.
        public init(model: RunReference) {
            self.model = model
        }
    }

    /// The model.
    public typealias Reply = ModelDocument
}

extension RunReference {
    /// The model that is meant among those of the caller's tenant: by its name, by the id of the
    /// run that made it or any unique beginning of that, or as `runs` are pointed at.
    ///
    /// A model outlives its run.
    /// - Throws: as `resolve(among:uid:)`.
    public func resolve(
        among models: [ModelManifest],
        runs: [RunRecord],
        uid: UInt32
    ) throws(RPCError) -> ModelManifest {
        let isRun = runs.contains { $0.idText == text || $0.nameText == text }
        let isModel = models.contains { $0.idText == text || $0.nameText == text }
        if isModel || !isRun && !isLatest {
            do { return try target(among: models, uid: uid) } catch  where error.code == .notFound {
                // It may be a run without a model, which the person is then told.
            }
        }
        let run: RunRecord
        do { run = try resolve(among: runs, uid: uid) } catch {
            guard error.code == .notFound, !isLatest else { throw error }
            throw RPCError(
                .notFound,
                "no model is called '\(printable)'",
                hint: ModelManifest.words.listHint
            )
        }
        if let model = models.first(where: { $0.run == run.id }) { return model }
        guard run.status == .ended else {
            throw RPCError(
                .notFound,
                "run \(run.id) has no model yet: it is \(run.status.rawValue)",
                hint: "'distmlctl wait \(run.id)' waits for its end"
            )
        }
        throw RPCError(
            .notFound,
            "run \(run.id) has no model: it left none, or the model was removed",
            hint: "see how it ended with 'distmlctl runs show \(run.id)'"
        )
    }
}

extension ModelManifest: Referable {
    var idText: String { run.text }
    var nameText: String? { name.text }
    var startedAt: Double { madeAt }
    /// Nobody: whose latest run it is, the run says.
    var starter: UInt32 { .max }
    static var words: ReferenceWords {
        ReferenceWords(
            noun: "model",
            prefix: RunRecord.words.prefix,
            startHint: RunRecord.words.startHint,
            listHint: "list them with 'distmlctl model ls'"
        )
    }
}
