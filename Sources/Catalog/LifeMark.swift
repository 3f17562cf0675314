internal import Foundation
internal import GRDB
internal import Glibc

/// Finding out whether the file is an old copy of itself.
///
/// Beside the catalogue lies a small file, made anew at every start. The catalogue knows its
/// number, its inode and the moment of its last change. Tools that restore files can bring back
/// the number, never the other two: so a catalogue restored from a backup, alone or with the whole
/// folder, does not match its mark. A block device that went back in time does; the peers find
/// that one out. A mark that is lost is a reason for suspicion, no harm.
extension Database {
    private static let fact = "life mark"
    private static let doubt = "life in doubt"

    /// Makes a new mark; tells whether the catalogue may be an old copy of itself.
    ///
    /// Call it once at the start of the daemon. A new catalogue matches. One that did not match
    /// stays in doubt, over any number of starts, until `endDoubt`; `random` is a number that no
    /// other start has.
    public func renewLifeMark(random: UInt64) throws(CatalogError) -> Bool {
        let expected = try fact(Self.fact)
        let found = mark
        // On the disk before the mark that would make the next start forget it.
        if expected != nil, expected != found { try write { try Self.raiseDoubt(in: $0) } }
        try replaceMark(with: "\(random)")
        try setFact(Self.fact, to: mark ?? [])
        return try fact(Self.doubt) == [1]
    }

    /// Notes that the other nodes have told this one what an old copy lacks.
    public func endDoubt() throws(CatalogError) { try setFact(Self.doubt, to: [0]) }

    /// Notes that the catalogue may be an old copy of itself.
    static func raiseDoubt(in db: GRDB.Database) throws { try setFact(doubt, to: [1], in: db) }

    private var markPath: String { path + "-life" }

    /// Number, inode and last change of the mark on the disk; nil where there is none.
    private var mark: [UInt8]? {
        var facts = stat()
        guard stat(markPath, &facts) == 0,
            let number = FileManager.default.contents(atPath: markPath)
        else { return nil }
        let place = " \(facts.st_ino) \(facts.st_ctim.tv_sec) \(facts.st_ctim.tv_nsec)"
        return Array(number) + Array(place.utf8)
    }

    private func replaceMark(with text: String) throws(CatalogError) {
        let scratch = markPath + ".new"
        unlink(scratch)
        let descriptor = open(scratch, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw markError() }
        let bytes = Array(text.utf8)
        let isWritten =
            Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        let reason = markError()
        close(descriptor)
        guard isWritten else { throw reason }
        guard rename(scratch, markPath) == 0 else { throw markError() }
    }

    private func markError() -> CatalogError {
        switch errno {
        case ENOSPC, EDQUOT: .noSpace(path: markPath)
        case EROFS, EACCES, EPERM: .readOnly(path: markPath)
        case let code:
            .failed(path: markPath, code: code, message: String(cString: strerror(code)))
        }
    }
}
