import CLinux
import Foundation
import Glibc
import JSONRPC
import Testing
import Transport

@testable import Daemon

/// A client of the control socket that says what it likes.
final class TestClient {
    let socket: Int32
    private var lines = LineBuffer()

    init(_ path: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let descriptor = socket
        let result = withUnixAddress(path) { connect(descriptor, $0, $1) }
        try #require(result == 0, "connect \(path): \(systemMessage(errno))")
    }

    deinit { close(socket) }

    func send(_ bytes: [UInt8], descriptors: [Int32] = []) {
        _ = cl_send_with_descriptors(
            socket,
            bytes,
            bytes.count,
            descriptors,
            descriptors.count
        )
    }

    func send(_ text: String, descriptors: [Int32] = []) {
        send(Array((text + "\n").utf8), descriptors: descriptors)
    }

    /// The next line; nil at the end of the stream.
    func line(seconds: Double = 20) async throws -> String? {
        let deadline = Deadline.after(.seconds(seconds))
        while true {
            if let line = try lines.next() { return String(decoding: line, as: UTF8.self) }
            let socket = socket
            // The threads of tasks are few, and the server's tasks need them.
            let bytes = try await onOwnThread("client", failing: { $0 }) {
                receiveSome(from: socket, until: deadline)
            }
            if bytes.isEmpty { return nil }
            lines.append(bytes)
        }
    }

    /// The answer to one request, as JSON.
    func ask(_ method: String, params: String = "{}", id: Int = 1) async throws -> [String: Any] {
        send(#"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#)
        let text = try #require(try await line(), "the connection was closed")
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(object as? [String: Any])
    }

    func finishWriting() { shutdown(socket, Int32(SHUT_WR)) }
}

/// The code of an error answer.
func code(_ answer: [String: Any]) -> Int? {
    (answer["error"] as? [String: Any])?["code"] as? Int
}

/// What has arrived, empty at the end of the stream.
private func receiveSome(
    from socket: Int32,
    until deadline: Deadline
) -> Result<[UInt8], TransportError> {
    do throws(TransportError) {
        try waitUntilReady(socket, for: Int32(POLLIN), until: deadline, peer: "the server")
    } catch {
        return .failure(error)
    }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &bytes, bytes.count, 0)
    return .success(Array(bytes.prefix(max(0, count))))
}
