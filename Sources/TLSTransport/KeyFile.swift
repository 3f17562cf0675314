import Glibc
import Transport

/// No key, certificate or revocation list of a cluster comes near this size.
private let fileBytesMax = 16 << 20

/// Reads a private key's file, if nobody but the daemon, root and root's chosen group can read it.
///
/// All checks are made on the open descriptor, so what was checked is what is read.
func readKeyFile(_ path: String) throws(IdentityError) -> [UInt8] {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    try refuseWritableFolder(folder.isEmpty ? "/" : folder)
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
        if errno == ELOOP { throw .keyIsLink(path: path) }
        throw .unreadable(path: path, reason: systemMessage(errno))
    }
    defer { close(descriptor) }
    let status = try plainFileStatus(descriptor, path)
    let mode = UInt32(status.st_mode)
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
        throw .keyOwner(path: path, owner: status.st_uid)
    }
    // Root may let one group read its key: that is how a daemon reads a key it cannot change.
    let forbidden: UInt32 = status.st_uid == 0 ? 0o027 : 0o077
    guard mode & forbidden == 0 else { throw .keyMode(path: path, mode: mode) }
    return try readAll(descriptor, path)
}

/// Reads a file that anybody may read but not write.
func readPublicFile(_ path: String) throws(IdentityError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: systemMessage(errno)) }
    defer { close(descriptor) }
    let status = try plainFileStatus(descriptor, path)
    guard status.st_mode & 0o002 == 0 else { throw .writableByAll(path: path) }
    return try readAll(descriptor, path)
}

private func refuseWritableFolder(_ folder: String) throws(IdentityError) {
    var status = stat()
    guard stat(folder, &status) == 0 else {
        throw .unreadable(path: folder, reason: systemMessage(errno))
    }
    // In a sticky folder such as /tmp only the owner of a file can replace it.
    let isSticky = status.st_mode & 0o1000 != 0
    guard status.st_mode & 0o002 == 0 || isSticky else { throw .writableByAll(path: folder) }
}

private func plainFileStatus(_ descriptor: Int32, _ path: String) throws(IdentityError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
        throw .unreadable(path: path, reason: systemMessage(errno))
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    return status
}

private func readAll(_ descriptor: Int32, _ path: String) throws(IdentityError) -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= fileBytesMax {
        let count = read(descriptor, &block, block.count)
        if count == 0 { return bytes }
        if count > 0 {
            bytes += block[..<count]
        } else if errno != EINTR {
            throw .unreadable(path: path, reason: systemMessage(errno))
        }
    }
    throw .malformed(path: path, reason: "it has more than \(fileBytesMax) bytes")
}
