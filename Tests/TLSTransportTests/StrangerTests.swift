import Domain
import Foundation
import TLSTransport
import Testing
import Transport

@Suite("Strangers at the port")
struct StrangerTests {
    let cluster: TestCluster
    let node: TLSContext

    init() throws {
        cluster = try TestCluster()
        node = try cluster.context("n1")
    }

    @Test(
        "Plain text is refused",
        arguments: ["GET / HTTP/1.1\r\nHost: n1\r\n\r\n", "{\"jsonrpc\":\"2.0\"}\n"]
    )
    func plainText(text: String) throws {
        let error = try accept(Array(text.utf8))
        #expect(["http request", "wrong version number"].contains(error?.violation))
    }

    @Test("A stranger cannot make us read more than 32 KiB")
    func flood() throws {
        // The beginning of a greeting that claims to be 100,000 bytes long, in whole records.
        let header: [UInt8] = [1, 1, 0x86, 0xA0]
        let record = [22, 3, 1, 0x40, 0] + header + [UInt8](repeating: 0, count: 16_380)
        let more = [22, 3, 1, 0x40, 0] + [UInt8](repeating: 0, count: 16_384)
        let error = try accept(record + more + more)
        #expect(error?.violation == "it sent over 32768 bytes before it proved who it is")
    }

    @Test("A stranger that says nothing, or not enough, is hung up on", arguments: [0, 3])
    func silence(count: Int) throws {
        var options = LinkOptions.ring
        options.handshakeLimit = .milliseconds(30)
        let error = try accept(Array([22, 3, 1][..<count]), options: options)
        guard case .timedOut(_, let limit) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(limit == .milliseconds(30))
    }

    @Test("A stranger that hangs up at once is no error of ours")
    func hangUp() throws {
        let error = try accept([], thenCloses: true)
        guard case .closedByPeer = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A dialler waits no longer than it was told for a listener that says nothing")
    func silentListener() throws {
        let listener = try TLSListener(on: loopback)
        let address = listener.address
        let limit = Duration.milliseconds(30)
        #expect(throws: TransportError.timedOut(peer: "n2 at \(address)", limit: limit)) {
            _ = try TLSLink.connect(
                to: address,
                expecting: NodeID(checked: "n2"),
                over: .rpc,
                as: node,
                until: .after(limit)
            )
        }
    }

    @Test("A closed port is named with its address")
    func closedPort() throws {
        // The listener is gone by the time of the call, and its port with it.
        let address = try TLSListener(on: loopback).address
        let expected = TransportError.system(call: "connect to \(address)", errno: ECONNREFUSED)
        #expect(throws: expected) {
            _ = try TLSLink.connect(
                to: address,
                expecting: NodeID(checked: "n2"),
                over: .rpc,
                as: node,
                until: .after(patience)
            )
        }
    }

    @Test("A host without address is named")
    func unknownHost() throws {
        let address = PeerAddress(host: "no such host", port: 1)
        #expect {
            _ = try TLSLink.connect(
                to: address,
                expecting: NodeID(checked: "n2"),
                over: .rpc,
                as: node,
                until: .after(patience)
            )
        } throws: { error in
            guard case TransportError.unknownHost("no such host", _) = error else { return false }
            return true
        }
    }

    /// Sends `bytes` to a fresh port of ours and says how we took it.
    private func accept(
        _ bytes: [UInt8],
        options: LinkOptions = .ring,
        thenCloses: Bool = false
    ) throws -> TransportError? {
        let listener = try TLSListener(on: loopback)
        let socket = connectBlocking(listener.port)
        if !bytes.isEmpty { #expect(send(socket, bytes, bytes.count, 0) == bytes.count) }
        if thenCloses { close(socket) }
        defer { if !thenCloses { close(socket) } }
        let caller = try listener.next()
        do throws(TransportError) {
            _ = try TLSLink.accept(
                caller,
                over: [.rpc],
                as: node,
                options: options,
                until: .after(patience)
            ) { _, _ in true }
            return nil
        } catch {
            return error
        }
    }
}
