import Domain
import Foundation
import Synchronization
@testable import TLSTransport
import Testing
import Transport

@Suite("Links between honest nodes")
struct LinkTests {
    let cluster: TestCluster

    init() throws { cluster = try TestCluster() }

    @Test(
        "Both ends know each other and share the same secrets",
        arguments: ["P-256", "Ed25519"],
        ["P-256", "Ed25519"]
    )
    func good(client: String, server: String) throws {
        let kinds = ["P-256": Forge.KeyKind.p256, "Ed25519": .ed25519]
        let first = try cluster.context("n1", key: #require(kinds[client]))
        let second = try cluster.context("n2", key: #require(kinds[server]))
        try withLinks(from: first, to: second) { dialled, accepted in
            #expect(dialled.peerNode == second.node && accepted.peerNode == first.node)
            #expect(dialled.peer == "n2" && accepted.peer == "n1")
            #expect(dialled.peerCertificate == second.certificate)
            #expect(accepted.peerCertificate == first.certificate)
            #expect(dialled.applicationProtocol == .ring && accepted.applicationProtocol == .ring)
            #expect(dialled.cipherSuite == "TLS_AES_128_GCM_SHA256")
            let end = min(first.certificate.notAfter, second.certificate.notAfter)
            #expect(dialled.certificatesEnd == end && accepted.certificatesEnd == end)
            let secret = dialled.exporter(label: "EXPORTER-distml-run-v1", context: [1, 2])
            #expect(secret.count == 32)
            #expect(secret == accepted.exporter(label: "EXPORTER-distml-run-v1", context: [1, 2]))
            #expect(secret != accepted.exporter(label: "EXPORTER-distml-run-v1", context: [1, 3]))
            #expect(secret != accepted.exporter(label: "EXPORTER-distml-run-v1", context: []))
        }
    }

    @Test("A CA may hold a key of P-256, P-384 or Ed25519", arguments: 0..<3)
    func authorities(kind: Int) throws {
        let cluster = try TestCluster(key: [.p256, .p384, .ed25519][kind])
        try withLinks(from: cluster.context("n1"), to: cluster.context("n2")) { first, second in
            #expect(first.peer == "n2" && second.peer == "n1")
        }
    }

    @Test("Keys are renewed by volume, and both directions go on")
    func keysByVolume() throws {
        var options = LinkOptions.ring
        options.keyLimits = KeyLimits(bytes: 100_000)
        try withLinks(
            from: cluster.context("n1"),
            to: cluster.context("n2"),
            options: options
        ) { first, second in
            let block = [UInt8](repeating: 5, count: 50_000)
            for _ in 0..<40 {
                try first.sendAll(block.span.bytes, until: .after(patience))
                let there = try second.receiveBytes(block.count, until: .after(patience))
                #expect(there == block)
                try second.sendAll(block.span.bytes, until: .after(patience))
                let back = try first.receiveBytes(block.count, until: .after(patience))
                #expect(back == block)
            }
            // Two blocks use up a key; it is renewed before the third.
            #expect(first.keyUpdates == 19 && second.keyUpdates == 19)
        }
    }

    @Test("Keys are renewed by time, once they have been used")
    func keysByTime() throws {
        let now = Mutex<Int64>(0)
        var options = LinkOptions.ring
        options.clock = { now.withLock { $0 } }
        try withLinks(
            from: cluster.context("n1"),
            to: cluster.context("n2"),
            options: options
        ) { first, second in
            for expected in 0...3 {
                try first.sendAll(([7] as [UInt8]).span.bytes, until: .after(patience))
                let there = try second.receiveBytes(1, until: .after(patience))
                #expect(there == [7])
                #expect(first.keyUpdates == expected)
                now.withLock { $0 += 60_000_000_000 }
            }
            #expect(second.keyUpdates == 0)
        }
    }

    @Test("A key's age counts bytes and time, and an unused key has none")
    func keyAge() {
        var age = KeyAge(limits: KeyLimits(bytes: 100, interval: .seconds(1)), now: 0)
        #expect(!age.isOver(at: 5_000_000_000))
        age.add(1)
        #expect(age.isOver(at: 5_000_000_000) && !age.isOver(at: 999_999_999))
        age.renew(at: 5_000_000_000)
        age.add(99)
        #expect(!age.isOver(at: 5_500_000_000))
        age.add(1)
        #expect(age.isOver(at: 5_500_000_000))
        #expect(KeyLimits().bytes == 17_179_869_184 && KeyLimits().interval == .seconds(60))
    }

    @Test("A new context serves new links while old ones go on under the old")
    func reload() throws {
        let first = try cluster.context("n1")
        var second: TLSContext? = try cluster.context("n2")
        let old = try #require(second)
        try withLinks(from: first, to: old) { dialled, accepted in
            second = nil
            let renewed = try cluster.context("n2")
            try withLinks(from: first, to: renewed) { newer, _ in
                #expect(newer.peerCertificate.serial != dialled.peerCertificate.serial)
            }
            try dialled.sendAll(([1, 2, 3] as [UInt8]).span.bytes, until: .after(patience))
            let there = try accepted.receiveBytes(3, until: .after(patience))
            #expect(there == [1, 2, 3])
        }
    }

    @Test("Sockets notice a dead peer, and only control links a silent one")
    func socketOptions() throws {
        for options in [LinkOptions.ring, .control] {
            try withLinks(
                from: cluster.context("n1"),
                to: cluster.context("n2"),
                options: options
            ) { first, second in
                for socket in [first.descriptor, second.descriptor] {
                    #expect(option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1)
                    #expect(option(socket, Int32(IPPROTO_TCP), TCP_NODELAY) == 1)
                    #expect(option(socket, Int32(IPPROTO_TCP), TCP_KEEPIDLE) == 3)
                    #expect(option(socket, Int32(IPPROTO_TCP), TCP_KEEPINTVL) == 1)
                    #expect(option(socket, Int32(IPPROTO_TCP), TCP_KEEPCNT) == 3)
                    let limit = options.userTimeout == nil ? 0 : 5_000
                    #expect(option(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT) == Int32(limit))
                }
            }
        }
    }

    @Test("Bytes that were changed on the way end the link")
    func changedBytes() throws {
        try withLinks(from: cluster.context("n1"), to: cluster.context("n2")) { first, second in
            // A record that is no ciphertext under the link's key, past libssl onto the socket.
            let forged: [UInt8] = [23, 3, 3, 0, 32] + [UInt8](repeating: 9, count: 32)
            #expect(send(first.descriptor, forged, forged.count, 0) == forged.count)
            let seen = failure(of: &second)
            let told = failure(of: &first)
            #expect(
                seen == .violation(peer: "n1", reason: "decryption failed or bad record mac")
            )
            #expect(told == .refusedByPeer(peer: "n2", alert: "bad record mac"))
            let expected = try #require(seen)
            // A link that failed gives the same reason to whoever tries to send.
            #expect(throws: expected) {
                try second.sendAll(forged.span.bytes, until: .after(patience))
            }
        }
    }

    @Test("A message that came along with the handshake is announced")
    func earlyMessage() throws {
        let node = try cluster.context("n1")
        let files = try cluster.files(Forge.leaf(by: cluster.authority))
        let listener = try TLSListener(on: loopback)
        let port = listener.port
        let dialling = onThread { RawPeer(files: files).dialSpeaking([1, 2, 3], to: port) }
        var link = try TLSLink.accept(
            listener.next(),
            over: [.ring],
            as: node,
            until: .after(patience)
        ) { _, _ in true }
        let isAnnounced = link.hasBufferedInput
        let received = try link.receiveBytes(3, until: .after(patience))
        #expect(isAnnounced && received == [1, 2, 3])
        close(dialling.wait())
    }

    @Test("A peer that asks for keys without end and takes no answer is cut off")
    func keyFlood() throws {
        let node = try cluster.context("n1")
        let files = try cluster.files(Forge.leaf(by: cluster.authority))
        let listener = try TLSListener(on: loopback)
        let port = listener.port
        let dialling = onThread { RawPeer(files: files).dialAskingForKeys(.max, to: port) }
        var link = try TLSLink.accept(
            listener.next(),
            over: [.ring],
            as: node,
            until: .after(patience)
        ) { _, _ in true }
        var small: Int32 = 1
        setsockopt(
            link.descriptor,
            SOL_SOCKET,
            SO_SNDBUF,
            &small,
            socklen_t(MemoryLayout<Int32>.size)
        )
        let seen = failure(of: &link)
        #expect(seen == .violation(peer: "n2", reason: "it asks for new keys and takes no answer"))
        _ = consume link
        close(dialling.wait())
    }
}

private func failure(of link: inout TLSLink) -> TransportError? {
    do throws(TransportError) {
        _ = try link.receiveBytes(1, until: .after(patience))
        return nil
    } catch {
        return error
    }
}

private func option(_ socket: Int32, _ level: Int32, _ name: Int32) -> Int32 {
    var value: Int32 = -1
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket, level, name, &value, &length)
    return value
}
