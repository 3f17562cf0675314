import Glibc
import Synchronization
import Transport

@testable import Daemon

/// Passes bytes on between two ports of this machine until it is frozen: a cable with a switch.
final class Relay: Sendable {
    private struct State {
        var isFrozen = false
        var isStopped = false
    }

    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int32 in
                guard bind(listener, address, length) == 0, listen(listener, 8) == 0 else {
                    return -1
                }
                return getsockname(listener, address, &length)
            }
        }
        guard result == 0 else { throw TransportError.system(call: "bind", errno: errno) }
        port = UInt16(bigEndian: address.sin_port)
    }

    func freeze() { state.withLock { $0.isFrozen = true } }

    func thaw() { state.withLock { $0.isFrozen = false } }

    func stop() {
        state.withLock { $0.isStopped = true }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    func start(to target: UInt16) throws {
        try startThread("relay") { [self] in
            while true {
                let near = accept(listener, nil, nil)
                guard near >= 0 else { return }
                let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                var address = loopback(target)
                let result = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                guard result == 0 else {
                    close(near)
                    close(far)
                    continue
                }
                try? startThread("relay-line") { self.pass(near, far) }
            }
        }
    }

    private func pass(_ near: Int32, _ far: Int32) {
        defer {
            close(near)
            close(far)
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var entries = [near, far].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let (isFrozen, isStopped) = state.withLock { ($0.isFrozen, $0.isStopped) }
            if isStopped { return }
            if isFrozen {
                // Looks again soon, and takes nothing meanwhile.
                _ = poll(nil, 0, 5)
                continue
            }
            _ = poll(&entries, 2, 5)
            for (entry, other) in zip(entries, [far, near]) where entry.revents != 0 {
                let count = recv(entry.fd, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                guard send(other, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
            }
        }
    }
}

private func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    return address
}
