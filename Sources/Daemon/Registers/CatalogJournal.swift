import Catalog
import Registers
import Wire

/// The register service's promises, in the catalogue's file.
struct CatalogJournal: RegisterJournal {
    private let database: Database

    /// A journal with a connection of its own, because it lives on a thread of its own.
    init(_ database: Database) { self.database = database }

    func load() throws(RegisterJournalError) -> DurableState {
        let rows: [RegisterRow]
        do throws(CatalogError) {
            rows = try database.registerRows()
        } catch {
            throw RegisterJournalError(description: "\(error)")
        }
        do throws(WireError) {
            return try DurableState(
                rows.map { DurableRow(space: $0.space, key: $0.key, value: $0.value) }
            )
        } catch {
            // A vote that cannot be read is a vote forgotten; nothing may be guessed.
            throw RegisterJournalError(description: "\(error)")
        }
    }

    func persist(_ records: [DurableRecord]) throws(RegisterJournalError) {
        let rows = records.map(DurableRow.init).map {
            RegisterRow(space: $0.space, key: $0.key, value: $0.value)
        }
        do throws(CatalogError) {
            try database.persist(rows)
        } catch .noSpace(let path) {
            let error = CatalogError.noSpace(path: path)
            throw RegisterJournalError(description: "\(error)", isDiskFull: true)
        } catch {
            throw RegisterJournalError(description: "\(error)")
        }
    }

    func endDoubt() throws(RegisterJournalError) {
        do throws(CatalogError) {
            try database.endDoubt()
        } catch {
            throw RegisterJournalError(description: "\(error)")
        }
    }
}
