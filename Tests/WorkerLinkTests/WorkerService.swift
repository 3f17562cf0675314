import CLinux
import Foundation
import Glibc
import Synchronization
import Testing

/// Starts one worker for the first connection to a socket, as a service manager would.
final class WorkerService: Sendable {
    let path: String
    private let pid = Mutex<pid_t>(0)
    private let accepted = DispatchGroup()

    init(program: String) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "s-\(UUID())").path
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafeBytes(of: &address) { bytes in
            bind(listener, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), length) == 0
        }
        try #require(isBound && listen(listener, 1) == 0)
        DispatchQueue.global().async(group: accepted) { [self] in
            let connection = accept(listener, nil, nil)
            var child: pid_t = 0
            if cl_spawn(program, connection, STDERR_FILENO, &child) == 0 {
                pid.withLock { $0 = child }
            }
            close(connection)
            close(listener)
        }
    }

    deinit {
        accepted.wait()
        unlink(path)
        let child = pid.withLock { $0 }
        if child > 0 { waitpid(child, nil, 0) }
    }
}
