import Glibc
import Transport

/// Tells systemd how the daemon is, one datagram at a time; silent where nobody listens.
struct ServiceManager: Sendable {
    private let path: String?

    /// Talks to the socket that systemd names in the environment.
    init(environment: [String: String]) { path = environment["NOTIFY_SOCKET"] }

    /// Ready to serve; `status` is what `systemctl status` shows.
    func ready(status: String) { notify("READY=1\nSTATUS=\(status)") }

    /// About to read certificates and settings again; `ready` ends it.
    func reloading() {
        let microseconds = monotonicNanoseconds() / 1_000
        notify("RELOADING=1\nMONOTONIC_USEC=\(microseconds)\nSTATUS=reloading")
    }

    /// About to end.
    func stopping() { notify("STOPPING=1\nSTATUS=stopping") }

    /// What `systemctl status` shows.
    func status(_ text: String) { notify("STATUS=\(text)") }

    /// Still alive.
    func ping() { notify("WATCHDOG=1") }

    private func notify(_ message: String) {
        guard let path, path.utf8.count < 100, let first = path.utf8.first else { return }
        var bytes = Array(path.utf8)
        // A leading @ stands for the NUL of an abstract name.
        if first == UInt8(ascii: "@") { bytes[0] = 0 }
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(message.utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                // Nothing can be done about a service manager that does not take it.
                _ = sendto(socket, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
