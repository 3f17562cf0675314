public import Domain
internal import GRDB

/// Why the catalogue did not do what it was asked.
///
/// `notFound`, `exists`, `changed`, `stale` and `ended` are answers, not faults. After `noSpace`
/// and `busy` the same call may be tried again. After the others somebody must look at the disk.
public enum CatalogError: Error, Equatable, CustomStringConvertible {
    /// There is none of that name, or none that the caller may know of.
    case notFound(noun: String, name: String)
    /// There is one of that name already.
    case exists(noun: String, name: String)
    /// What never changes was to be replaced by something else.
    case changed(noun: String, name: String)
    /// The generation is lower than the one that this node obeys.
    case stale(run: RunID, offered: Generation, obeyed: Generation)
    /// The run's generation has ended for good.
    case ended(run: RunID, generation: Generation)
    /// The disk is full.
    case noSpace(path: String)
    /// Another process holds the file.
    case busy(path: String)
    /// The file or its file system cannot be written.
    case readOnly(path: String)
    /// The file is damaged; it is never made anew.
    case corrupt(path: String, reason: String)
    /// A later version of distml wrote the file.
    case newer(path: String, migrations: [String])
    /// A stored record is not what it should be.
    case undecodable(noun: String, name: String, reason: String)
    /// SQLite failed in another way; `code` is its extended result code.
    case failed(path: String, code: Int32, message: String)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .notFound(let noun, let name): "no \(noun) is called '\(name)'"
        case .exists(let noun, let name): "there is a \(noun) '\(name)' already"
        case .changed(let noun, let name): "\(noun) '\(name)' never changes, and this one differs"
        case .stale(let run, let offered, let obeyed):
            "run \(run) is in generation \(obeyed); generation \(offered) is refused"
        case .ended(let run, let generation): "generation \(generation) of run \(run) has ended"
        case .noSpace(let path): "no space left on the disk of \(path)"
        case .busy(let path): "another process holds \(path)"
        case .readOnly(let path): "\(path) cannot be written"
        case .corrupt(let path, let reason):
            "\(path) is damaged (\(reason)); stop the daemon, move the file and its -wal and -shm "
                + "away and restore a backup, or start without it: the node then reads the "
                + "catalogue from the others"
        case .newer(let path, let migrations):
            "a later version of distml wrote \(path) (\(migrations.joined(separator: ", ")))"
        case .undecodable(let noun, let name, let reason):
            "the stored \(noun) '\(name)' cannot be read: \(reason)"
        case .failed(let path, let code, let message): "\(path): \(message) (SQLite \(code))"
        }
    }

    /// The error for whatever GRDB threw.
    init(_ error: any Error, path: String) {
        if let known = error as? CatalogError {
            self = known
            return
        }
        guard let error = error as? DatabaseError else {
            self = .failed(path: path, code: -1, message: "\(error)")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .noSpace(path: path)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: self = .readOnly(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self = .corrupt(path: path, reason: error.message ?? "no message")
        default:
            self = .failed(
                path: path,
                code: error.extendedResultCode.rawValue,
                message: error.message ?? "no message"
            )
        }
    }
}
