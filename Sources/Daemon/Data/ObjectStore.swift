import Domain
import Glibc
import Synchronization

/// Why a file of ours could not be written or read.
enum ObjectError: Error, Equatable, CustomStringConvertible {
    /// The disk is full, or the quota is used up.
    case noSpace(folder: String)
    /// A system call failed.
    case system(call: String, path: String, errno: Int32)

    var description: String {
        switch self {
        case .noSpace(let folder): "no space left on the disk of \(folder)"
        case .system(let call, let path, let errno):
            "\(call) \(path): \(String(cString: strerror(errno)))"
        }
    }

    /// The error for `errno`, with a full disk told apart.
    static func last(_ call: String, _ path: String, folder: String) -> ObjectError {
        let code = errno
        return code == ENOSPC || code == EDQUOT
            ? .noSpace(folder: folder) : .system(call: call, path: path, errno: code)
    }
}

/// The name of one file of ours: 32 random hexadecimal digits, never a person's word.
struct ObjectID: Hashable, Sendable, CustomStringConvertible {
    let text: String

    var description: String { text }

    static func random() -> ObjectID {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        var text = ""
        for _ in 0..<2 {
            var bits = generator.next()
            for _ in 0..<16 {
                text.append(digits[Int(bits & 15)])
                bits >>= 4
            }
        }
        return ObjectID(text: text)
    }

    init(text: String) { self.text = text }

    /// Reads back a name that was stored; nil where it is none.
    init?(stored text: String) {
        let isHex = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
        }
        guard text.utf8.count == 32, isHex else { return nil }
        self.text = text
    }
}

/// Shards, models and checkpoints of this node as files: one folder a tenant, random names.
///
/// | Path below the state directory | What |
/// |---|---|
/// | `objects/<tenant>/<id>` | a finished object |
/// | `objects/<tenant>/<id>.pages` | SHA-256 of each of its 64 KiB pages, 32 bytes each |
/// | `scratch/<id>` | an object in the making; swept at the start |
///
/// A finished object appears at once and whole: written, synced, renamed, its folder synced.
struct ObjectStore: Sendable {
    /// The state directory.
    let folder: String

    private var scratch: String { folder + "/scratch" }

    /// Makes the folders and removes what an earlier process left unfinished.
    init(folder: String) throws(ObjectError) {
        self.folder = folder
        for path in [folder + "/objects", folder + "/scratch"] { try makeFolder(path) }
        for name in names(in: scratch) { unlink(scratch + "/" + name) }
    }

    /// A file in the making, open for reading and writing.
    func create() throws(ObjectError) -> ScratchFile {
        let id = ObjectID.random()
        let path = scratch + "/" + id.text
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("open", path, folder: folder) }
        return ScratchFile(id: id, path: path, folder: folder, descriptor: descriptor)
    }

    /// An object of ours in the making once more: another name for the same file, which nobody
    /// writes to.
    func link(_ id: ObjectID, tenant: TenantID) throws(ObjectError) -> ScratchFile {
        let other = ObjectID.random()
        let (source, target) = (path(of: id, tenant: tenant), scratch + "/" + other.text)
        guard Glibc.link(source, target) == 0 else { throw .last("link", target, folder: folder) }
        let descriptor = Glibc.open(target, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            let error = ObjectError.last("open", target, folder: folder)
            unlink(target)
            throw error
        }
        return ScratchFile(id: other, path: target, folder: folder, descriptor: descriptor)
    }

    /// A file without a name, gone when its descriptor closes.
    func createUnnamed() throws(ObjectError) -> Int32 {
        let file = try create()
        unlink(file.path)
        let copy = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw .last("dup", file.path, folder: folder) }
        return copy
    }

    /// Turns a file in the making, with its page digests, into an object of `tenant`.
    func commit(
        _ file: ScratchFile,
        pages: [UInt8]?,
        tenant: TenantID
    ) throws(ObjectError) -> ObjectID {
        let home = folder + "/objects/" + tenant.text
        try makeFolder(home)
        if let pages { try write(pages, to: home + "/" + file.id.text + ".pages") }
        guard fsync(file.descriptor) == 0 else { throw .last("fsync", file.path, folder: folder) }
        let target = home + "/" + file.id.text
        guard rename(file.path, target) == 0 else { throw .last("rename", target, folder: folder) }
        file.isCommitted.store(true, ordering: .relaxed)
        try sync(folder: home)
        return file.id
    }

    /// Opens an object for reading.
    func open(_ id: ObjectID, tenant: TenantID) throws(ObjectError) -> Int32 {
        let path = path(of: id, tenant: tenant)
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .last("open", path, folder: folder) }
        return descriptor
    }

    /// The page digests of an object, 32 bytes a page.
    func pages(of id: ObjectID, tenant: TenantID) throws(ObjectError) -> [UInt8] {
        let path = path(of: id, tenant: tenant) + ".pages"
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .last("open", path, folder: folder) }
        defer { close(descriptor) }
        return try readAll(descriptor, path: path)
    }

    /// Removes an object; one that is not there is no error.
    func remove(_ id: ObjectID, tenant: TenantID) {
        let path = path(of: id, tenant: tenant)
        unlink(path)
        unlink(path + ".pages")
    }

    /// Every object of `tenant` on the disk.
    func list(tenant: TenantID) -> [ObjectID] {
        names(in: folder + "/objects/" + tenant.text).compactMap { ObjectID(stored: $0) }
    }

    /// Where an object lies.
    func path(of id: ObjectID, tenant: TenantID) -> String {
        folder + "/objects/" + tenant.text + "/" + id.text
    }

    /// Bytes free for us on this disk.
    func freeBytes() -> Int {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0 else { return 0 }
        return Int(facts.f_bavail) * Int(facts.f_frsize)
    }

    /// Reads a whole open file from its start.
    func readAll(_ descriptor: Int32, path: String) throws(ObjectError) -> [UInt8] {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw .last("fstat", path, folder: folder) }
        var bytes = [UInt8](repeating: 0, count: Int(facts.st_size))
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: offset),
                    buffer.count - offset,
                    off_t(offset)
                )
            }
            guard count > 0 else { throw .last("read", path, folder: folder) }
            offset += count
        }
        return bytes
    }

    private func write(_ bytes: [UInt8], to path: String) throws(ObjectError) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("open", path, folder: folder) }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path: path)
        guard fsync(descriptor) == 0 else { throw .last("fsync", path, folder: folder) }
    }

    /// Appends `bytes` to an open file.
    func writeAll(
        _ bytes: [UInt8],
        to descriptor: Int32,
        path: String
    ) throws(ObjectError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    descriptor,
                    buffer.baseAddress?.advanced(by: offset),
                    buffer.count - offset
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .last("write", path, folder: folder) }
            offset += count
        }
    }

    private func makeFolder(_ path: String) throws(ObjectError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .last("mkdir", path, folder: folder)
        }
    }

    private func sync(folder path: String) throws(ObjectError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open", path, folder: folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last("fsync", path, folder: folder) }
    }

    private func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// An object in the making; unless it is committed, it is gone when this is.
final class ScratchFile: Sendable {
    let id: ObjectID
    let path: String
    let folder: String
    let descriptor: Int32
    fileprivate let isCommitted = Atomic(false)

    fileprivate init(id: ObjectID, path: String, folder: String, descriptor: Int32) {
        self.id = id
        self.path = path
        self.folder = folder
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
        if !isCommitted.load(ordering: .relaxed) { unlink(path) }
    }
}
