import Glibc
import Transport

/// Wakes one thread out of `poll`; any thread may ring, any number of times.
final class WakeUp: Sendable {
    /// What the sleeping thread adds to its `poll`, for reading.
    let descriptor: Int32
    private let bell: Int32

    init() throws(TransportError) {
        var ends: [Int32] = [-1, -1]
        let type =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw .system(call: "socketpair", errno: errno)
        }
        descriptor = ends[0]
        bell = ends[1]
    }

    deinit {
        close(descriptor)
        close(bell)
    }

    /// Makes `poll` return, now or at its next call.
    func ring() {
        var one: UInt8 = 1
        // A full buffer has woken the sleeper already.
        _ = send(bell, &one, 1, Int32(MSG_NOSIGNAL))
    }

    /// Forgets all rings so far; call it before looking at what they were for.
    func clear() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while recv(descriptor, &bytes, bytes.count, 0) == bytes.count {}
    }

    /// Sleeps until a ring or the deadline; false for the deadline.
    func wait(until deadline: Deadline) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            if poll(&entry, 1, deadline.pollMilliseconds) > 0 { return true }
            if deadline.hasPassed { return false }
        }
    }
}
