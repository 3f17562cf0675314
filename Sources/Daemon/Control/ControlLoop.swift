import ControlAPI
import Domain
import Glibc
import JSONRPC
import Logging
import Transport

/// The control server's thread: reads, writes, and sheds whoever breaks a limit.
struct ControlLoop: ~Copyable {
    private let socket: ControlSocket
    private let server: ControlServer
    private var connections: [Int32: ControlConnection] = [:]
    private var buckets: [UInt32: TokenBucket] = [:]
    /// Given up to be able to turn a caller away when no descriptor is left.
    private var reserve: Int32

    init(socket: consuming ControlSocket, server: ControlServer) {
        self.socket = socket
        self.server = server
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }

    deinit {
        for connection in connections.values { connection.close() }
        if reserve >= 0 { close(reserve) }
    }

    mutating func run() {
        while true {
            server.beat()
            if isOver { return }
            let ready = wait()
            for (descriptor, events) in ready {
                guard let connection = connections[descriptor] else { continue }
                serve(connection, events: events)
            }
            for connection in Array(connections.values) { attend(connection) }
        }
    }

    /// Whether the drain has come to its end.
    private var isOver: Bool {
        guard case .draining(let until) = server.currentPhase else { return false }
        let isIdle = connections.values.allSatisfy { $0.calls.count == 0 && !$0.wantsOutput }
        return isIdle || monotonicNanoseconds() >= until
    }

    private var isDraining: Bool { server.currentPhase != .running }

    /// Sleeps until something is to be done; takes in whoever knocks.
    private mutating func wait() -> [(Int32, Int32)] {
        var entries = [
            pollfd(fd: server.wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isDraining ? -1 : socket.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        var deadline = Deadline.after(.seconds(1))
        for connection in connections.values {
            var events: Int32 = 0
            if connection.wantsInput, !isDraining { events |= POLLIN }
            if connection.wantsOutput { events |= POLLOUT }
            entries.append(pollfd(fd: connection.socket, events: Int16(events), revents: 0))
            if let next = connection.deadline { deadline = .earlier(deadline, next) }
        }
        _ = poll(&entries, nfds_t(entries.count), deadline.pollMilliseconds)
        if entries[0].revents != 0 { server.wakeUp.clear() }
        if entries[1].revents != 0 { acceptAll() }
        return entries[2...].filter { $0.revents != 0 }.map { ($0.fd, Int32($0.revents)) }
    }

    private mutating func acceptAll() {
        while true {
            let client = accept(socket.descriptor, nil, nil)
            if client >= 0 {
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                _ = fcntl(client, F_SETFL, O_NONBLOCK)
                admit(client)
                continue
            }
            guard errno == EMFILE || errno == ENFILE, reserve >= 0 else { return }
            // One caller is turned away with the reserve, so that nobody knocks for ever.
            close(reserve)
            let shed = accept(socket.descriptor, nil, nil)
            if shed >= 0 { close(shed) }
            reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
            server.log.warning("no descriptor left for a client")
            return
        }
    }

    private mutating func admit(_ client: Int32) {
        guard let caller = server.caller(of: client) else {
            return turnAway(client, RPCError(.notPermitted, "this user may not use distml here"))
        }
        let count = connections.values.count { $0.caller.uid == caller.uid }
        let limit =
            caller.role == .clusterOperator
            ? server.limits.connectionsPerOperator : server.limits.connectionsPerUser
        guard connections.count < server.limits.connections, count < limit else {
            return turnAway(client, RPCError(.refused, "too many connections"))
        }
        connections[client] = ControlConnection(
            adopting: client,
            caller: caller,
            limits: server.limits,
            wakeUp: server.wakeUp
        )
    }

    /// Says why, as far as the socket takes it, and hangs up.
    private func turnAway(_ client: Int32, _ error: RPCError) {
        let line = failureLine(error, nil)
        _ = send(client, line, line.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        close(client)
        server.log.notice("client turned away", metadata: ["reason": "\(error.message)"])
    }

    private mutating func serve(_ connection: ControlConnection, events: Int32) {
        if events & POLLIN != 0, let end = connection.receive() {
            return drop(connection, end)
        }
        // Both directions are gone: whatever is being answered is of no use to anybody.
        if events & (POLLHUP | POLLERR) != 0, events & POLLIN == 0 || connection.hasHungUp {
            drop(connection, .closedByClient)
        }
    }

    /// Does for one connection what is due, whatever woke us.
    private mutating func attend(_ connection: ControlConnection) {
        guard connections[connection.socket] === connection else { return }
        if connection.pausedUntil?.hasPassed == true { connection.pausedUntil = nil }
        if let end = handleLines(of: connection) ?? connection.transmit() ?? connection.overdue {
            return drop(connection, end)
        }
        if connection.isDone { drop(connection, .closedByClient) }
    }

    private mutating func handleLines(of connection: ControlConnection) -> ControlConnection.End? {
        while connection.calls.count < ControlConnection.callsMax, !isDraining,
            connection.pausedUntil == nil
        {
            if let pause = throttle(connection.caller.uid) {
                connection.pausedUntil = .after(.nanoseconds(pause))
                return nil
            }
            do throws(LineBuffer.Failure) {
                guard let line = try connection.nextLine() else { return nil }
                spend(connection.caller.uid)
                handle(line, of: connection)
            } catch {
                connection.outbox.post(failureLine(RPCError(.badUsage, "\(error)"), nil))
                _ = connection.transmit()
                return .lineTooLong
            }
        }
        return nil
    }

    /// How long the user must wait for its next request; nil where it need not.
    private mutating func throttle(_ uid: UInt32) -> Int64? {
        let now = monotonicNanoseconds()
        var bucket =
            buckets[uid] ?? TokenBucket(perSecond: server.limits.requestsPerSecond, now: now)
        return bucket.take(at: now)
    }

    private mutating func spend(_ uid: UInt32) {
        let now = monotonicNanoseconds()
        buckets = buckets.filter { $0.key == uid || !$0.value.isFull(at: now) }
        var bucket =
            buckets[uid] ?? TokenBucket(perSecond: server.limits.requestsPerSecond, now: now)
        _ = bucket.take(at: now)
        buckets[uid] = bucket
    }

    private func handle(_ line: [UInt8], of connection: ControlConnection) {
        var id: RequestID?
        do throws(ProtocolError) {
            let message = try Message(line: line)
            guard case .request(let method, let number) = message.kind else { return }
            id = number
            guard let entry = server.table[method] else { throw .methodNotFound(method) }
            guard connection.caller.role >= entry.role else {
                return refuse(method, number, of: connection, needing: entry.role)
            }
            let descriptors: [ReceivedDescriptor]
            do throws(RPCError) {
                descriptors = try connection.takeDescriptors(entry.descriptors)
            } catch {
                return connection.outbox.post(failureLine(error, number))
            }
            let call = ControlCall(caller: connection.caller, descriptors: descriptors)
            connection.calls.start(try entry.prepare(message, number, call, connection.outbox))
        } catch {
            connection.outbox.post(failureLine(error, id))
        }
    }

    private func refuse(
        _ method: String,
        _ id: RequestID,
        of connection: ControlConnection,
        needing role: Role
    ) {
        server.log.notice(
            "not permitted",
            metadata: ["method": "\(method)", "uid": "\(connection.caller.uid)"]
        )
        let error = RPCError(.notPermitted, "\(method) is for the role \(role) and above")
        connection.outbox.post(failureLine(error, id))
    }

    private mutating func drop(_ connection: ControlConnection, _ end: ControlConnection.End) {
        connections[connection.socket] = nil
        connection.close()
        guard end != .closedByClient else { return }
        server.log.notice(
            "client dropped",
            metadata: ["uid": "\(connection.caller.uid)", "reason": "\(end)"]
        )
    }
}

/// The line for an error of the protocol itself, which has the standard's numbers.
private func failureLine(_ error: ProtocolError, _ id: RequestID?) -> [UInt8] {
    let object = ErrorObject<RPCError.Details>(code: error.code, message: "\(error)")
    do throws(ProtocolError) {
        return try Message.failure(object, id: id)
    } catch {
        return failureLine(RPCError(.internalError, "the error is too long"), id)
    }
}
