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

    /// The models of all tenants whose files are not on this node.
    public func modelsWithoutFile() throws(CatalogError) -> [ModelManifest] {
        try read { db in
            let missing = try Row.fetchAll(
                db,
                sql: """
                    SELECT kind, tenant, key FROM record WHERE kind = 'model' AND NOT EXISTS (
                        SELECT 1 FROM object WHERE object.tenant = record.tenant
                        AND object.kind = 'model' AND object.owner = record.key
                        AND object.state = 'whole'
                    )
                    ORDER BY tenant, key
                    """
            ).map(RecordID.init(row:))
            return try missing.compactMap { id in
                guard let body = try body(of: id, db) else { return nil }
                return try Coding.decode(ModelManifest.self, body, "model", id.key)
            }
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
