import CLinux
import Glibc
import Transport

/// Wakes one thread out of `poll`; any thread may ring, any number of times.
final class WakeUp: Sendable {
    /// What the sleeping thread adds to its `poll`, for reading.
    let descriptor: Int32

    init() throws(TransportError) {
        descriptor = cl_event()
        guard descriptor >= 0 else { throw .system(call: "eventfd", errno: errno) }
    }

    deinit { close(descriptor) }

    /// Makes `poll` return, now or at its next call.
    func ring() { cl_event_ring(descriptor) }

    /// Forgets all rings so far; call it before looking at what they were for.
    func clear() { cl_event_clear(descriptor) }

    /// Sleeps until a ring or the deadline; false for the deadline.
    func wait(until deadline: Deadline) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            if poll(&entry, 1, deadline.pollMilliseconds) > 0 { return true }
            if deadline.hasPassed { return false }
        }
    }
}
