import CLinux
import ControlAPI
import Glibc
import JSONRPC

/// One connection to the daemon; calls follow one another.
struct Client: ~Copyable {
    /// How a stream came to its end.
    enum StreamEnd<Reply: Sendable>: Sendable {
        /// With its reply.
        case reply(Reply)
        /// With Ctrl-C; the daemon goes on.
        case interrupted
        /// With the deadline of the person; the daemon goes on.
        case timedOut
    }

    private let path: String
    private let descriptor: Int32
    private var lines = LineBuffer()
    private var lastID = 0

    /// Connects to the daemon behind the socket at `path`.
    init(path: String) throws(RPCError) {
        self.path = path
        descriptor = try connectedSocket(to: path)
    }

    deinit { close(descriptor) }

    /// Asks and waits for the answer.
    mutating func call<Verb: Method>(
        _ verb: Verb.Type,
        _ params: Verb.Params,
        files: [OpenedFile] = []
    ) throws(RPCError) -> Verb.Reply {
        let id = try send(verb, params, files)
        while true {
            let message = try receive(silenceSeconds: Double(verb.silenceSecondsMax), verb.name)
            if let reply = try answer(message, to: id, verb) { return reply }
        }
    }

    /// Asks, hands over each item, and returns how it ended; Ctrl-C and the deadline leave the
    /// connection of no more use.
    mutating func stream<Verb: StreamMethod>(
        _ verb: Verb.Type,
        _ params: Verb.Params,
        files: [OpenedFile] = [],
        until deadline: Double? = nil,
        item handle: (Verb.Item) -> Void
    ) throws(RPCError) -> StreamEnd<Verb.Reply> {
        let interrupt = Interrupt()
        let id = try send(verb, params, files)
        var giveUp = monotonicSeconds() + Double(verb.silenceSecondsMax)
        while true {
            guard let message = try receive(within: 0.1) else {
                if interrupt.take() { return .interrupted }
                let now = monotonicSeconds()
                if let deadline, now >= deadline { return .timedOut }
                if now >= giveUp { throw silence(verb.silenceSecondsMax, verb.name) }
                continue
            }
            giveUp = monotonicSeconds() + Double(verb.silenceSecondsMax)
            if case .notification(streamNotification) = message.kind {
                handle(try item(of: message, verb))
            } else if let reply = try answer(message, to: id, verb) {
                return .reply(reply)
            }
            if interrupt.take() { return .interrupted }
        }
    }

    private func item<Verb: StreamMethod>(
        of message: Message,
        _ verb: Verb.Type
    ) throws(RPCError) -> Verb.Item {
        do {
            return try message.params(as: StreamItem<Verb.Item>.self).item
        } catch {
            throw misunderstood(error)
        }
    }

    private func answer<Verb: Method>(
        _ message: Message,
        to id: Int,
        _ verb: Verb.Type
    ) throws(RPCError) -> Verb.Reply? {
        switch message.kind {
        case .result(id: .number(id)):
            do {
                return try message.result(as: Verb.Reply.self)
            } catch {
                throw misunderstood(error)
            }
        case .failure(id: .number(id)), .failure(id: nil):
            let refusal: ErrorObject<RPCError.Details>
            do {
                refusal = try message.failure(as: RPCError.Details.self)
            } catch {
                throw misunderstood(error)
            }
            throw RPCError(refusal)
        default: return nil
        }
    }

    private mutating func send<Verb: Method>(
        _ verb: Verb.Type,
        _ params: Verb.Params,
        _ files: [OpenedFile]
    ) throws(RPCError) -> Int {
        defer { withExtendedLifetime(files) {} }
        lastID += 1
        let line: [UInt8]
        do {
            line = try Message.request(verb.name, id: .number(lastID), params: params)
        } catch {
            throw RPCError(.internalError, "the request \(error)")
        }
        var sent = 0
        while sent < line.count {
            let fds = sent == 0 ? files.map(\.descriptor) : []
            let count = line[sent...].withUnsafeBytes {
                cl_send_with_descriptors(descriptor, $0.baseAddress, $0.count, fds, fds.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw try partingWord() }
            sent += count
        }
        return lastID
    }

    /// The next message, or an error after `silenceSeconds` without a byte.
    private mutating func receive(
        silenceSeconds: Double,
        _ name: String
    ) throws(RPCError) -> Message {
        guard let message = try receive(within: silenceSeconds) else {
            throw silence(Int(silenceSeconds), name)
        }
        return message
    }

    /// The next message; nil where no byte came for `seconds`.
    private mutating func receive(within seconds: Double) throws(RPCError) -> Message? {
        while true {
            do {
                if let line = try lines.next() { return try Message(line: line) }
            } catch {
                throw misunderstood(error)
            }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Int32(seconds * 1000))
            if ready == 0 { return nil }
            // Only the interactive shell has a handler for Ctrl-C; elsewhere it ends the program.
            if ready < 0, errno == EINTR {
                printNote("")
                throw RPCError(.failed, "no longer waited for; the daemon may go on with it")
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw lost() }
            lines.append(buffer[..<count])
        }
    }

    /// What a daemon said that closed the connection before it was asked.
    private mutating func partingWord() throws(RPCError) -> RPCError {
        guard let message = try receive(within: 1), case .failure(id: nil) = message.kind else {
            return lost()
        }
        do {
            return RPCError(try message.failure(as: RPCError.Details.self))
        } catch {
            return misunderstood(error)
        }
    }

    private func lost() -> RPCError {
        RPCError(
            .notReady,
            "the daemon at \(path) has closed the connection",
            hint: "see why with 'journalctl -u distmld -n 50', then try again"
        )
    }

    private func silence(_ seconds: Int, _ name: String) -> RPCError {
        RPCError(
            .notReady,
            "the daemon at \(path) has not answered '\(name)' for \(seconds) s",
            hint: "is it overloaded or frozen? See 'systemctl status distmld'"
        )
    }

    private func misunderstood(_ error: any Error) -> RPCError {
        RPCError(
            .internalError,
            "the daemon's answer was not understood: \(error)",
            hint: "compare the versions with 'distmlctl version'"
        )
    }
}

private func connectedSocket(to path: String) throws(RPCError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    let bytes = Array(path.utf8)
    guard bytes.count < room, !bytes.isEmpty, !bytes.contains(0) else {
        throw RPCError(
            .badUsage,
            "'\(printable(path))' cannot be a socket: a path has 1 to \(room - 1) bytes",
            hint: nil
        )
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw unreachable(path, errno) }
    // A daemon that is too busy to accept must not hold us for ever.
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard result == 0 else {
        let code = errno
        close(descriptor)
        throw unreachable(path, code)
    }
    return descriptor
}

private func unreachable(_ path: String, _ code: Int32) -> RPCError {
    switch code {
    case ENOENT, ECONNREFUSED:
        RPCError(
            .notReady,
            "no daemon listens at \(path)",
            hint: "start it with 'systemctl start distmld', or name its socket with --socket or "
                + "DISTML_SOCKET"
        )
    case EACCES, EPERM:
        RPCError(
            .notPermitted,
            "you may not open \(path)",
            hint: "ask an administrator to add you to the group that owns it; see 'ls -l \(path)'"
        )
    case EAGAIN, ETIMEDOUT:
        RPCError(
            .notReady,
            "the daemon at \(path) takes no connections",
            hint: "is it overloaded or frozen? See 'systemctl status distmld'"
        )
    default:
        RPCError(
            .notReady,
            "cannot reach the daemon at \(path): \(String(cString: strerror(code)))",
            hint: nil
        )
    }
}
