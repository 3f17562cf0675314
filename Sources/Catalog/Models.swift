public import Domain
internal import GRDB

/// Models of finished runs.
extension Database {
    /// Stores a model's manifest; its file is a `StoredObject` of kind `model`.
    ///
    /// - Throws: `changed` where the run has another model already.
    public func put(_ manifest: ModelManifest) throws(CatalogError) {
        try put(manifest, RecordID(manifest), "model", manifest.name.text)
    }

    /// The caller's models, the latest first.
    public func models(for caller: Caller) throws(CatalogError) -> [ModelManifest] {
        try models("1", [caller.tenant.text])
    }

    /// The caller's latest model of that name, or the model of the run of that id.
    public func model(
        named name: ModelName,
        for caller: Caller
    ) throws(CatalogError) -> ModelManifest {
        let found = try models(
            "(name = ? OR key = ?)",
            [caller.tenant.text, name.text, name.text]
        )
        guard let manifest = found.first else { throw .notFound(noun: "model", name: name.text) }
        return manifest
    }

    /// Removes the model of a run of the caller for good; its file is not touched.
    public func removeModel(of run: RunID, for caller: Caller) throws(CatalogError) {
        let id = RecordID(kind: .model, tenant: caller.tenant, key: run.text)
        try write { db in
            guard try exists(id, db) else {
                throw CatalogError.notFound(noun: "model", name: run.text)
            }
            try bury(id, db)
        }
    }

    private func models(
        _ condition: String,
        _ arguments: StatementArguments
    ) throws(CatalogError) -> [ModelManifest] {
        try read { db in
            try decodeAll(
                ModelManifest.self,
                "model",
                db,
                """
                SELECT body FROM record WHERE tenant = ? AND kind = 'model' AND \(condition)
                ORDER BY time DESC, key
                """,
                arguments
            )
        }
    }
}
