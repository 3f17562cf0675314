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
    /// The model that is meant among those of the caller's tenant: by its name, or by the run that
    /// made it.
    /// - Throws: as `resolve(among:uid:)`.
    public func resolve(
        among models: [ModelManifest],
        runs: [RunRecord],
        uid: UInt32
    ) throws(RPCError) -> ModelManifest {
        if let model = models.first(where: { $0.name.text == text }) { return model }
        let ofRun: RunRecord?
        do {
            ofRun = try resolve(among: runs, uid: uid)
        } catch  where error.code == .notFound && text != "@last" {
            ofRun = nil
        }
        if let model = ofRun.flatMap({ run in models.first { $0.run == run.id } }) { return model }
        if let run = ofRun {
            throw RPCError(
                .notFound,
                "run \(run.id) has left no model",
                hint: "see how it ended with 'distmlctl runs show \(run.id)'"
            )
        }
        throw RPCError(
            .notFound,
            "no model is called '\(printable)'",
            hint: "list them with 'distmlctl model ls'"
        )
    }
}
