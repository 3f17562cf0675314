import CLinux
import ControlAPI
import Domain
import Foundation
import JSONRPC
import Synchronization

/// Answers on a Unix socket in a folder of its own, as the test says.
///
/// Each connection is one script: every request is shown to `answer`, which gives the lines to
/// send back, or nil to close the connection.
final class FakeDaemon: Sendable {
    /// One request as it came.
    struct Request: Sendable {
        let message: Message
        let method: String
        let id: RequestID
        /// What the files that came along hold.
        let files: [String]
        /// The last descriptor that came along, open until the answer has been sent.
        let lastDescriptor: Int32?
    }

    let socketPath: String
    private let folder: URL
    private let listener: Int32
    private let greeting: [UInt8]?
    private let seen = Mutex<[String]>([])

    /// The methods that were asked for, in order.
    var methods: [String] { seen.withLock { $0 } }

    /// Listens; with a `greeting`, says it to every connection and closes it unheard.
    init(
        greeting: [UInt8]? = nil,
        answer: @escaping @Sendable (Request) -> [[UInt8]]?
    ) throws {
        self.greeting = greeting
        folder = FileManager.default.temporaryDirectory
            .appending(path: "distmlctl-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        socketPath = folder.appending(path: "s").path
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 8) == 0 else { throw CocoaError(.fileWriteUnknown) }
        Thread.detachNewThread { [self] in acceptAll(answer) }
    }

    /// Ends the listening; connections end with their clients.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        try? FileManager.default.removeItem(at: folder)
    }

    private func acceptAll(_ answer: @escaping @Sendable (Request) -> [[UInt8]]?) {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            Thread.detachNewThread { [self] in
                if let greeting {
                    _ = sendAll(greeting, to: connection)
                } else {
                    serve(connection, answer)
                }
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32, _ answer: (Request) -> [[UInt8]]?) {
        var lines = LineBuffer()
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        while true {
            do {
                while let line = try lines.next() {
                    let message = try Message(line: line)
                    guard case .request(let method, let id) = message.kind else { return }
                    seen.withLock { $0.append(method) }
                    let request = Request(
                        message: message,
                        method: method,
                        id: id,
                        files: descriptors.map(contents),
                        lastDescriptor: descriptors.last
                    )
                    guard let replies = answer(request) else { return }
                    for reply in replies where !sendAll(reply, to: connection) { return }
                }
            } catch {
                return
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            var fds = [Int32](repeating: -1, count: 16)
            var count = 0
            var truncated: Int32 = 0
            let received = cl_receive_with_descriptors(
                connection,
                &buffer,
                buffer.count,
                &fds,
                fds.count,
                &count,
                &truncated,
                0
            )
            guard received > 0 else { return }
            descriptors += fds[..<count]
            lines.append(buffer[..<received])
        }
    }

    private func sendAll(_ bytes: [UInt8], to connection: Int32) -> Bool {
        send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
}

private func contents(of descriptor: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
}

extension FakeDaemon.Request {
    /// The line that answers.
    func reply(_ value: some Encodable) -> [UInt8] {
        (try? Message.result(value, id: id)) ?? []
    }

    /// The line that refuses.
    func refusal(_ error: RPCError) -> [UInt8] {
        (try? Message.failure(error.object, id: id)) ?? []
    }

    /// The line that tells an item.
    func item(_ value: some Codable & Sendable) -> [UInt8] {
        guard case .number(let number) = id else { return [] }
        let item = StreamItem(id: number, item: value)
        return (try? Message.notification(streamNotification, params: item)) ?? []
    }
}
