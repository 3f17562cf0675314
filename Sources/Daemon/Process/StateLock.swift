import Glibc
import Transport

/// Why the state directory cannot be ours; the daemon does not start.
enum StateLockError: Error, Equatable, CustomStringConvertible {
    /// Another daemon works in `directory`.
    case taken(directory: String)
    /// The directory or the lock cannot be made.
    case system(call: String, path: String, errno: Int32)

    var description: String {
        switch self {
        case .taken(let directory): "another distmld works in \(directory)"
        case .system(let call, let path, let errno):
            "\(call) \(path): \(systemMessage(errno))"
        }
    }
}

/// One daemon for one state directory, for as long as this lives; the kernel ends it with us.
struct StateLock: ~Copyable {
    private let descriptor: Int32

    /// Makes the directory where it is missing, for its owner alone, and locks it.
    init(directory: String) throws(StateLockError) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw .system(call: "mkdir", path: directory, errno: errno)
        }
        let path = directory + "/lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .system(call: "open", path: path, errno: errno) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(file)
            guard code == EWOULDBLOCK else { throw .system(call: "flock", path: path, errno: code) }
            throw .taken(directory: directory)
        }
        descriptor = file
    }

    deinit { close(descriptor) }
}
