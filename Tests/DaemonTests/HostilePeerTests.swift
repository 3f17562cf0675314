import ControlAPI
import Domain
import Foundation
import TLSTransport
import Testing
import Transport

@testable import Daemon

/// What arrives on the port for peers before and after somebody has proved who he is.
@Suite("Strangers on the port for peers", .serialized)
struct HostilePeerTests {
    private let certificates: TestCertificates
    private let ports: [UInt16]
    private let log = LogRecorder()
    private let node: PeerNetwork

    init() throws {
        certificates = try sharedCertificates.get()
        ports = try freePorts(2)
        node = try PeerNetwork(
            try configuration("b", ["a": ports[0], "b": ports[1]], certificates),
            context: try certificates.context("b"),
            log: log.log().logger("b")
        )
        node.handle("echo") { _, payload in payload }
        try node.start()
    }

    private func link(_ spoken: ApplicationProtocol) throws -> TLSLink {
        try TLSLink.connect(
            to: PeerAddress(host: "127.0.0.1", port: ports[1]),
            expecting: NodeID(checked: "b"),
            over: spoken,
            as: try certificates.context("a"),
            until: .after(.seconds(5))
        )
    }

    /// The node as its peer sees it, still in order.
    private func expectService() async throws {
        let a = try PeerNetwork(
            try configuration("a", ["a": ports[0], "b": ports[1]], certificates),
            context: try certificates.context("a"),
            log: log.log().logger("a")
        )
        try a.start()
        try await wait(for: "b") { a.view(of: NodeID(checked: "b"))?.state == .alive }
        let answer = try await a.call(NodeID(checked: "b"), "echo", [1], within: .seconds(5))
        #expect(answer == [1])
        let isGone = await (a.stop(within: .seconds(20)), node.stop(within: .seconds(20)))
        #expect(isGone == (true, true))
    }

    @Test("A thousand connections that say nonsense before any handshake")
    func beforeHandshake() async throws {
        var generator = SplitMix(seed: 23)
        for _ in 0..<1_000 {
            let socket = try connectPlainly(ports[1])
            let bytes = (0..<Int.random(in: 0..<300, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            close(socket)
        }
        try await expectService()
    }

    @Test("Connections that say nothing are few, and make room when they go")
    func slow() async throws {
        let sockets = try (0..<40).map { _ in try connectPlainly(ports[1]) }
        try await wait(for: "the limit") { log.text.contains("too many at the door") }
        for socket in sockets { close(socket) }
        try await expectService()
    }

    @Test("A member that says nonsense loses its link and nothing else, ten thousand times")
    func afterHandshake() async throws {
        var generator = SplitMix(seed: 24)
        for round in 0..<20 {
            var link = try link(round % 4 == 3 ? .ring : .rpc)
            var bytes: [UInt8] = []
            if round % 4 != 2 {
                let hello = PeerHello(version: "x", instance: 1, purpose: .control)
                bytes += PeerMessage.hello(hello).frame.encoded
            }
            for _ in 0..<500 {
                let count = Int.random(in: 0..<100, using: &generator)
                let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                let kind = UInt8.random(in: 0...12, using: &generator)
                bytes += Frame(kind: kind, payload: payload).encoded
            }
            // The other side hangs up somewhere on the way.
            try? link.sendAll(bytes.span.bytes, until: .after(.seconds(5)))
            try await wait(for: "the end of the link") {
                node.view(of: NodeID(checked: "a"))?.state != .alive
            }
        }
        try await expectService()
    }

    @Test("A frame that claims too much ends the link from its header alone")
    func oversize() async throws {
        for length: [UInt8] in [[0, 0, 0, 0x80], [255, 255, 255, 255], [1, 0, 0x40, 0]] {
            var link = try link(.rpc)
            let hello = PeerHello(version: "x", instance: 2, purpose: .control)
            let bytes = PeerMessage.hello(hello).frame.encoded + length + [4]
            try link.sendAll(bytes.span.bytes, until: .after(.seconds(5)))
            try await wait(for: "the end of the link") {
                node.view(of: NodeID(checked: "a"))?.reason?.contains("frame") == true
                    || node.view(of: NodeID(checked: "a"))?.state == .dead
            }
        }
        try await expectService()
    }

    @Test("A program of another version is told so, and both versions are logged")
    func version() async throws {
        let other = try #require(ApplicationProtocol(rawValue: "distml-rpc/2"))
        #expect(throws: TransportError.self) {
            var link = try link(other)
            _ = try link.receiveFrame(limit: 9, until: .after(.seconds(5)))
        }
        try await wait(for: "the log") { log.text.contains("distml-rpc/2") }
        let line = log.text.split(separator: "\n").first { $0.contains("distml-rpc/2") }
        #expect(line?.contains("distml-rpc/1") == true)
        try await expectService()
    }

    private func connectPlainly(_ port: UInt16) throws -> Int32 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0, "\(systemMessage(errno))")
        return socket
    }
}
