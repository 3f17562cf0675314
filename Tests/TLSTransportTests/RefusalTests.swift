import CTLS
import Domain
import Foundation
import TLSTransport
import Testing
import Transport

/// Which certificate a hostile peer shows, and what we must say to it.
enum Hostile: String, CaseIterable, Sendable {
    case operatorRole = "'spiffe://lab/operator/n2' is no node of cluster lab"
    case twoNames = "it carries 2 URI names where there must be one"
    case dnsNameOnly = "it carries no URI name where there must be one"
    case otherCluster = "permitted subtree violation"
    case foreignAuthority = "unable to get local issuer certificate"
    case namesakeAuthority = "certificate signature failure"
    case expired = "certificate has expired"
    case notYetValid = "certificate is not yet valid"
    case leafAsAuthority = "invalid CA certificate"
    case authorityAsLeaf = "it is a CA's certificate"
    case wrongPurpose = "unsuitable certificate purpose"
    case revoked = "certificate revoked"
    case emptyName = "'spiffe://lab/node/' is no node of cluster lab"
    case badName = "'spiffe://lab/node/N2' is no node of cluster lab"
    case deeperName = "'spiffe://lab/node/n2/x' is no node of cluster lab"

    /// Makes it; `isClient` says which purpose is the wrong one.
    func files(in cluster: TestCluster, isClient: Bool) throws -> TLSFiles {
        let authority = cluster.authority
        func leaf(_ names: String) throws -> TLSFiles {
            try cluster.files(Forge.leaf(by: authority, names: names))
        }
        switch self {
        case .operatorRole: return try leaf("URI:spiffe://lab/operator/n2")
        case .twoNames: return try leaf("URI:spiffe://lab/node/n2,URI:spiffe://lab/node/n3")
        case .dnsNameOnly: return try leaf("DNS:n2.lab")
        case .otherCluster: return try leaf("URI:spiffe://other/node/n2")
        case .emptyName: return try leaf("URI:spiffe://lab/node/")
        case .badName: return try leaf("URI:spiffe://lab/node/N2")
        case .deeperName: return try leaf("URI:spiffe://lab/node/n2/x")
        case .foreignAuthority:
            return try cluster.files(Forge.leaf(by: Forge.authority(name: "other CA")))
        case .namesakeAuthority: return try cluster.files(namesake(of: authority))
        case .expired: return try cluster.files(Forge.leaf(by: authority, life: -3600 ... -60))
        case .notYetValid: return try cluster.files(Forge.leaf(by: authority, life: 600...3600))
        case .leafAsAuthority:
            let node = try Forge.leaf(by: authority)
            return try cluster.files(Forge.leaf(by: node), chain: [node])
        case .authorityAsLeaf:
            return try cluster.files(Forge.leaf(by: authority, isAuthority: true))
        case .wrongPurpose:
            let purpose = isClient ? "serverAuth" : "clientAuth"
            return try cluster.files(Forge.leaf(by: authority, purposes: purpose))
        case .revoked: return try cluster.files(cluster.revoked)
        }
    }

    /// A leaf of a CA that has our CA's name and key identifier but not its key.
    private func namesake(of authority: Forge.Pair) throws -> Forge.Pair {
        let stranger = try Forge.authority()
        let mixed = Forge.Pair(key: stranger.key, certificate: authority.certificate)
        return try Forge.leaf(by: mixed)
    }
}

@Suite("Whom a link refuses, and why")
struct RefusalTests {
    let cluster: TestCluster
    let node: TLSContext

    init() throws {
        cluster = try TestCluster()
        node = try cluster.context("n1", revocations: cluster.revocations(life: 3600))
    }

    @Test(
        "A caller with a wrong certificate is refused for its own reason",
        arguments: Hostile.allCases
    )
    func caller(hostile: Hostile) throws {
        let peer = RawPeer(files: try hostile.files(in: cluster, isClient: true))
        let (error, _) = try accept(peer)
        #expect(error?.untrustedReason == hostile.rawValue)
    }

    @Test(
        "A listener with a wrong certificate is refused for its own reason",
        arguments: Hostile.allCases
    )
    func listener(hostile: Hostile) throws {
        let peer = RawPeer(files: try hostile.files(in: cluster, isClient: false))
        let error = try connect(to: peer)
        #expect(error?.untrustedReason == hostile.rawValue)
    }

    @Test("A node whose name begins like the expected one is another node")
    func prefix() throws {
        let files = try cluster.files(
            Forge.leaf(by: cluster.authority, names: "URI:spiffe://lab/node/n22")
        )
        #expect(try connect(to: RawPeer(files: files))?.untrustedReason == "it is node n22")
    }

    @Test("A node that has no business here is refused after it proved who it is")
    func notAllowed() throws {
        let files = try cluster.files(Forge.leaf(by: cluster.authority))
        let (error, seen) = try accept(RawPeer(files: files)) { _, _ in false }
        #expect(error?.untrustedReason == "node n2 has no business on distml-ring/1 here")
        #expect(seen == "read: closed")
    }

    @Test("RSA keys are refused, short ones and long ones", arguments: [Int32(1024), 3072])
    func rsa(bits: Int32) throws {
        let files = try cluster.files(Forge.leaf(by: cluster.authority, key: .rsa(bits: bits)))
        let (error, _) = try accept(RawPeer(files: files))
        #expect(error?.untrustedReason == "it showed no certificate")
        let refused = try connect(to: RawPeer(files: files))
        #expect(refused?.alert == "handshake failure")
    }

    @Test("Everybody is refused under a revocation list that is out of date")
    func staleRevocations() throws {
        let short = try cluster.context("n1", revocations: cluster.revocations(life: 1))
        let files = try cluster.files(Forge.leaf(by: cluster.authority))
        let end = try #require(short.revocationsEnd)
        waitUntilPast(end)
        let (error, _) = try accept(RawPeer(files: files), as: short)
        #expect(error?.untrustedReason == "CRL has expired")
    }

    @Test(
        "A caller without a certificate is refused, whatever else it offers",
        arguments: [false, true]
    )
    func noCertificate(hasPSK: Bool) throws {
        let (error, seen) = try accept(RawPeer(files: nil, hasPSK: hasPSK))
        #expect(error?.untrustedReason == "it showed no certificate")
        #expect(seen.contains("certificate required"))
    }

    @Test("TLS 1.2 is refused on both sides")
    func oldVersion() throws {
        let files = try cluster.files(Forge.leaf(by: cluster.authority))
        let old = RawPeer(files: files, version: TLS1_2_VERSION)
        let (error, _) = try accept(old)
        #expect(error?.violation == "unsupported protocol")
        #expect(try connect(to: old)?.alert == "protocol version")
    }

    @Test("Another protocol is refused with both names")
    func otherProtocol() throws {
        let files = try cluster.files(Forge.leaf(by: cluster.authority))
        let peer = RawPeer(files: files, protocols: Array("\u{0D}distml-ring/2".utf8))
        let (error, seen) = try accept(peer)
        #expect(
            error?.violation
                == "it speaks distml-ring/2; this node speaks distml-rpc/1, distml-ring/1"
        )
        #expect(seen.contains("no application protocol"))
    }

    @Test("No protocol at all is refused")
    func noProtocol() throws {
        let files = try cluster.files(Forge.leaf(by: cluster.authority))
        let (error, _) = try accept(RawPeer(files: files, protocols: nil))
        #expect(
            error?.violation == "it names no protocol; this node speaks distml-rpc/1, distml-ring/1"
        )
    }

    @Test(
        "A refused dialler learns the alert, whether it speaks first or listens",
        arguments: [0, 400_000]
    )
    func refusedDialler(sent: Int) throws {
        let listener = try TLSListener(on: loopback)
        let address = listener.address
        let stale = try cluster.files(cluster.revoked)
        // It does not know yet that it has been revoked.
        let context = try cluster.context(stale, node: "n2")
        let seen = onThread { () -> TransportError? in
            do throws(TransportError) {
                var link = try TLSLink.connect(
                    to: address,
                    expecting: NodeID(checked: "n1"),
                    over: .rpc,
                    as: context,
                    until: .after(patience)
                )
                let bytes = [UInt8](repeating: 1, count: sent)
                try link.sendAll(bytes.span.bytes, until: .after(patience))
                _ = try link.receiveBytes(1, until: .after(patience))
                return nil
            } catch {
                return error
            }
        }
        #expect(throws: TransportError.self) {
            _ = try TLSLink.accept(
                listener.next(),
                over: [.rpc],
                as: node,
                until: .after(patience)
            ) { _, _ in true }
        }
        #expect(seen.wait() == .refusedByPeer(peer: "n1", alert: "certificate revoked"))
    }

    @Test("A node does not talk to itself")
    func selfDial() throws {
        #expect(
            throws: TransportError.untrusted(
                peer: "n1 at 127.0.0.1:1",
                reason: "that is this node itself"
            )
        ) {
            _ = try TLSLink.connect(
                to: PeerAddress(host: "127.0.0.1", port: 1),
                expecting: node.node,
                over: .rpc,
                as: node,
                until: .after(patience)
            )
        }
        let files = try cluster.files(
            Forge.leaf(by: cluster.authority, names: "URI:spiffe://lab/node/n1")
        )
        let (error, _) = try accept(RawPeer(files: files))
        #expect(error?.untrustedReason == "it has this node's own certificate")
    }

    /// Lets `peer` call `context`, this suite's node by default, and says what both made of it.
    func accept(
        _ peer: RawPeer,
        as context: TLSContext? = nil,
        allow: (NodeID, ApplicationProtocol) -> Bool = { _, _ in true }
    ) throws -> (error: TransportError?, seen: String) {
        let listener = try TLSListener(on: loopback)
        let port = listener.port
        let dialling = onThread { peer.dial(port) }
        var refusal: TransportError?
        do {
            _ = try TLSLink.accept(
                listener.next(),
                over: [.rpc, .ring],
                as: context ?? node,
                until: .after(patience),
                allow: allow
            )
        } catch let error as TransportError {
            refusal = error
        }
        return (refusal, dialling.wait())
    }

    /// Lets this suite's node call `peer`, where it expects n2.
    func connect(to peer: RawPeer) throws -> TransportError? {
        let listener = try TLSListener(on: loopback)
        let address = listener.address
        let node = node
        let dialling = onThread { () -> TransportError? in
            do throws(TransportError) {
                _ = try TLSLink.connect(
                    to: address,
                    expecting: NodeID(checked: "n2"),
                    over: .ring,
                    as: node,
                    until: .after(patience)
                )
                return nil
            } catch {
                return error
            }
        }
        let socket = try listener.next()
        _ = onThread { peer.serve(socket) }.wait()
        return dialling.wait()
    }
}

extension TransportError {
    /// Why the peer is not trusted, if that is what this says.
    var untrustedReason: String? {
        if case .untrusted(_, let reason) = self { reason } else { nil }
    }

    /// Which rule the peer broke, if that is what this says.
    var violation: String? {
        if case .violation(_, let reason) = self { reason } else { nil }
    }

    /// With which alert the peer refused us, if it did.
    var alert: String? {
        if case .refusedByPeer(_, let alert) = self { alert } else { nil }
    }
}
