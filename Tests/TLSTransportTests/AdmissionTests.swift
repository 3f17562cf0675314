import Domain
import TLSTransport
import Testing
import Transport

@Suite("Who may come in, and how many")
struct AdmissionTests {
    @Test("Four handshakes from one host and thirty-two altogether")
    func quota() {
        var quota = HandshakeQuota()
        let first = (0..<8).flatMap { host in (0..<4).map { _ in quota.enter("10.0.0.\(host)") } }
        #expect(first == Array(repeating: true, count: 32))
        let full = quota.enter("10.0.0.9")
        quota.leave("10.0.0.0")
        let hostFull = quota.enter("10.0.0.1")
        let free = quota.enter("10.0.0.9")
        let fullAgain = quota.enter("10.0.0.9")
        #expect([full, hostFull, free, fullAgain] == [false, false, true, false])
    }

    @Test("A host that was turned away is not counted")
    func turnedAway() {
        var quota = HandshakeQuota(totalMax: 9, perHostMax: 1)
        let verdicts = (0..<20).map { _ in quota.enter("a") }
        quota.leave("a")
        let again = quota.enter("a")
        #expect(verdicts == [true] + Array(repeating: false, count: 19))
        #expect(again)
    }

    @Test("One name on two hosts is refused, a reconnecting node is not")
    func livePeers() {
        let (second, third) = (NodeID(checked: "n2"), NodeID(checked: "n3"))
        var peers = LivePeers()
        var verdicts = [peers.enter(second, from: "A"), peers.enter(second, from: "B")]
        verdicts += [peers.enter(third, from: "B"), peers.enter(second, from: "A")]
        peers.leave(second)
        verdicts.append(peers.enter(second, from: "B"))
        peers.leave(second)
        verdicts.append(peers.enter(second, from: "B"))
        #expect(
            verdicts == [
                .admitted, .duplicate(of: "A"), .admitted, .replaced, .duplicate(of: "A"),
                .admitted,
            ]
        )
    }

    @Test("One certificate on two hosts is noticed with both addresses")
    func sameCertificate() throws {
        let cluster = try TestCluster()
        let server = try cluster.context("n1")
        let files = try cluster.files(Forge.leaf(by: cluster.authority))
        let listener = try TLSListener(on: loopback)
        let port = listener.port
        var peers = LivePeers()
        var verdicts: [LivePeers.Verdict] = []
        var links: [TLSLinkHolder] = []
        for host: UInt32 in [0x7F00_0001, 0x7F00_0002] {
            let peer = RawPeer(files: files)
            _ = onThread { peer.dial(port, from: host) }
            let socket = try listener.next()
            let link = try TLSLink.accept(
                socket,
                over: [.ring],
                as: server,
                until: .after(patience)
            ) { _, _ in true }
            verdicts.append(peers.enter(link.peerNode, from: socket.host))
            links.append(TLSLinkHolder(link))
        }
        #expect(verdicts == [.admitted, .duplicate(of: "127.0.0.1")])
    }
}

/// Keeps a link alive in an array.
private final class TLSLinkHolder {
    private let link: TLSLink

    init(_ link: consuming TLSLink) { self.link = link }
}
