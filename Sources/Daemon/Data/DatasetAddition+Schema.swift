import ControlAPI
import Datasets
import Domain
import WorkerLink

/// What the parts of a dataset agree on, and what each may tell.
extension DatasetAddition {
    /// Has a worker read this node's rows as the other parts were read.
    ///
    /// - Throws: also where something would be told that stands in the rows.
    func readPart(
        _ files: [Int32],
        into outputs: [Int32],
        joining present: DatasetManifest?
    ) async throws(RPCError) -> ImportOutcome {
        var options = try await partOptions(joining: present)
        let outcome: ImportOutcome
        do throws(RPCError) {
            outcome = try await read(files, into: outputs, options: options)
        } catch {
            guard let present, isAboutSchema(error) else { throw error }
            guard params.shareRows else { throw withAdvice(error, present) }
            options = try await unitedOptions(files, options, present)
            outcome = try await read(files, into: outputs, options: options)
        }
        if !params.shareRows { try refuseNames(in: outcome.report, isFirst: present == nil) }
        return outcome
    }

    private func partOptions(
        joining present: DatasetManifest?
    ) async throws(RPCError) -> ImportOptions {
        var options = try await self.options()
        options.allowsOneClass = true
        if !params.shareRows {
            options.meanRowsMin = sumRowsMin
            options.tellsBytes = false
        }
        guard let present else { return options }
        try checkDeclared(options, present)
        options.known = KnownColumns(mapping: present.mapping, labels: present.labels)
        options.layout = present.layout
        return options
    }

    /// Whoever says on each node what there is must say the same everywhere.
    private func checkDeclared(
        _ options: ImportOptions,
        _ present: DatasetManifest
    ) throws(RPCError) {
        func refuse(_ what: String) -> RPCError {
            RPCError(
                .conflict,
                "\(what) of '\(params.name)' were declared otherwise by its first part",
                node: present.shards.first?.holders.first,
                hint: "see 'distmlctl dataset show \(params.name)'"
            )
        }
        if let known = options.known {
            let declared = DataSchema(mapping: known.mapping, labels: known.labels ?? .real)
            do throws(DatasetError) { _ = try declared.places(in: DataSchema(present)) } catch {
                throw refuse("columns or classes")
            }
        }
        if let classes = options.classes {
            guard case .classes(let agreed) = present.labels,
                classes.allSatisfy({ name in agreed.contains { isSameClass($0, name) } }),
                agreed.allSatisfy({ name in classes.contains { isSameClass($0, name) } })
            else { throw refuse("classes") }
        }
        if let columns = options.columns, columns != present.mapping.count {
            throw refuse("columns")
        }
    }

    /// Reads the rows for their own columns and classes, and takes in those of the other parts.
    private func unitedOptions(
        _ files: [Int32],
        _ options: ImportOptions,
        _ present: DatasetManifest
    ) async throws(RPCError) -> ImportOptions {
        var free = options
        free.known = nil
        free.classes = nil
        let found = try await read(files, into: [], options: free).report
        var united = options
        do throws(DatasetError) {
            let own = DataSchema(mapping: found.mapping, labels: found.labels ?? .real)
            let schema = try DataSchema(present).united(with: own)
            united.known = KnownColumns(mapping: schema.mapping, labels: schema.labels)
        } catch {
            throw RPCError(error)
        }
        return united
    }

    private func isAboutSchema(_ error: RPCError) -> Bool {
        let codes: [DatasetError.Code] = [.unknownCategory, .unknownClass, .columnsDiffer]
        return codes.contains { $0.rawValue == error.reason }
    }

    private func withAdvice(_ error: RPCError, _ present: DatasetManifest) -> RPCError {
        var refusal = error
        refusal.hint =
            "declare all classes with --classes, and categories with --like, when the first part "
            + "is added; or let --share-rows tell those of this file to the other nodes"
        return refusal
    }

    /// Refuses to tell what stands in the rows: class names, categories, sums over a few rows.
    private func refuseNames(
        in report: ImportReport,
        isFirst: Bool
    ) throws(RPCError) {
        guard report.rows >= sumRowsMin else {
            throw RPCError(
                .refused,
                "\(report.rows) rows: a count over fewer than \(sumRowsMin) tells of single rows",
                hint: "--share-rows registers them all the same"
            )
        }
        guard isFirst, params.reading.like == nil else { return }
        if case .classes(let names) = report.labels, params.reading.classes == nil {
            let list = names.prefix(8).joined(separator: ",") + (names.count > 8 ? ",…" : "")
            throw RPCError(
                .refused,
                "the names of its \(names.count) classes stand in the rows, which stay here",
                hint: "if they may be told, declare them: --classes \(list)"
            )
        }
        let columns = report.mapping.columns ?? []
        if let column = columns.first(where: { $0.categories != nil }) {
            throw RPCError(
                .refused,
                "column '\(column.name)' is text: its categories stand in rows, which stay here",
                hint: "--like a dataset that has them, --drop \(column.name), or --share-rows"
            )
        }
        if report.mapping.columns != nil, params.reading.header == nil {
            throw RPCError(
                .refused,
                "the first line of the file names its columns, or is a row that stays here",
                hint: "say which: --header or --no-header"
            )
        }
    }
}
