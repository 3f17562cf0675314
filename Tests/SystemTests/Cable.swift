import Foundation
import Synchronization

/// Passes bytes on to a port of this machine until it is cut: then nothing comes through, and
/// neither end is told.
final class Cable: Sendable {
    let port: UInt16
    private let listener: Int32
    private let state = Mutex((isCut: false, isStopped: false))

    init(to target: UInt16) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isOpen else { throw SystemTestError(description: "no port for a cable") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in accept(for: target) }
    }

    func cut(_ isCut: Bool) { state.withLock { $0.isCut = isCut } }

    func stop() {
        state.withLock { $0.isStopped = true }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func accept(for target: UInt16) {
        while true {
            let near = Foundation.accept(listener, nil, nil)
            guard near >= 0 else { return }
            Thread.detachNewThread { [self] in
                let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                if connect(far, target) { pass(near, far) }
                close(near)
                close(far)
            }
        }
    }

    private func connect(_ socket: Int32, _ target: UInt16) -> Bool {
        while state.withLock({ $0.isCut && !$0.isStopped }) { usleep(5_000) }
        var address = loopback(target)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(socket, $0, length) == 0
            }
        }
    }

    private func pass(_ near: Int32, _ far: Int32) {
        // What is small is passed on at once, too.
        var isOn: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        for end in [near, far] {
            setsockopt(end, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, size)
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let (isCut, isStopped) = state.withLock { $0 }
            if isStopped { return }
            if isCut {
                usleep(5_000)
                continue
            }
            var entries = [near, far].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            _ = poll(&entries, 2, 50)
            // Cut in the meantime: what has come since stays where it is.
            guard !state.withLock({ $0.isCut }) else { continue }
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
