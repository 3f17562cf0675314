import CLinux
import Domain
import Glibc
import Transport

/// Why the socket for orders cannot be opened; the daemon does not start.
enum ControlSocketError: Error, Equatable, CustomStringConvertible {
    /// Somebody answers there.
    case taken(path: String)
    /// Something lies there that is no socket.
    case notASocket(path: String)
    /// The group does not exist.
    case noGroup(String)
    /// A system call failed.
    case system(call: String, path: String, errno: Int32)

    var description: String {
        switch self {
        case .taken(let path): "another daemon answers on \(path)"
        case .notASocket(let path): "\(path) exists and is no socket"
        case .noGroup(let name): "there is no group '\(name)' for the socket"
        case .system(let call, let path, let errno): "\(call) \(path): \(systemMessage(errno))"
        }
    }
}

/// The listening Unix socket; gone from the file system when this goes.
struct ControlSocket: ~Copyable {
    let descriptor: Int32
    private let path: String

    init(_ settings: Configuration.Socket) throws(ControlSocketError) {
        try Self.clear(settings.path)
        let socket = try Self.makeSocket(settings.path)
        do throws(ControlSocketError) {
            try Self.open(socket, settings)
        } catch {
            close(socket)
            throw error
        }
        descriptor = socket
        path = settings.path
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    private static func makeSocket(_ path: String) throws(ControlSocketError) -> Int32 {
        let type =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .system(call: "socket", path: path, errno: errno) }
        return descriptor
    }

    private static func open(
        _ socket: Int32,
        _ settings: Configuration.Socket
    ) throws(ControlSocketError) {
        let path = settings.path
        // The socket has its mode from its first moment on.
        let before = umask(mode_t(0o777 & ~settings.mode))
        let result = withUnixAddress(path) { bind(socket, $0, $1) }
        umask(before)
        guard result == 0 else { throw .system(call: "bind", path: path, errno: errno) }
        if let name = settings.group {
            guard let group = groupNumber(name) else { throw .noGroup(name) }
            try give(path, to: group)
        }
        guard listen(socket, 64) == 0 else {
            throw .system(call: "listen", path: path, errno: errno)
        }
    }

    /// Gives the socket to a group, unless it has it: the system may forbid us to change owners.
    private static func give(_ path: String, to group: gid_t) throws(ControlSocketError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .system(call: "stat", path: path, errno: errno)
        }
        guard status.st_gid == group || chown(path, uid_t.max, group) == 0 else {
            throw .system(call: "chown", path: path, errno: errno)
        }
    }

    /// Removes what a daemon left behind that was killed, and nothing else.
    private static func clear(_ path: String) throws(ControlSocketError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .system(call: "stat", path: path, errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let probe = try makeSocket(path)
        defer { close(probe) }
        let result = withUnixAddress(path) { connect(probe, $0, $1) }
        // A full queue means that somebody listens, too.
        guard result != 0, errno == ECONNREFUSED else { throw .taken(path: path) }
        guard unlink(path) == 0 else { throw .system(call: "unlink", path: path, errno: errno) }
    }
}

/// Hands a Unix socket's address to a system call.
/// - Precondition: the path has fewer than 108 bytes.
func withUnixAddress(
    _ path: String,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    precondition(bytes.count < 108, "a Unix socket's path has at most 107 bytes")
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

/// The kernel's word about who connected; nil where it says nothing.
func peerCredentials(of socket: Int32) -> PeerCredentials? {
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var pid: Int32 = 0
    guard cl_peer_credentials(socket, &uid, &gid, &pid) == 0 else { return nil }
    var groups = [gid_t](repeating: 0, count: 1_024)
    var length = socklen_t(groups.count * MemoryLayout<gid_t>.stride)
    let result = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, &groups, &length)
    let count = result == 0 ? Int(length) / MemoryLayout<gid_t>.stride : 0
    return PeerCredentials(uid: uid, groups: Set(groups[..<count]).union([gid]))
}
