import Domain
import Foundation
import TLSTransport
import Testing

@Suite("A node's own key and certificates")
struct IdentityTests {
    let cluster: TestCluster
    let pair: Forge.Pair
    let files: TLSFiles

    init() throws {
        cluster = try TestCluster()
        pair = try Forge.leaf(by: cluster.authority)
        files = try cluster.files(pair)
    }

    @Test("Good files are taken, and say what they say", arguments: ["P-256", "Ed25519"])
    func good(kind: String) throws {
        let key = kind == "P-256" ? Forge.KeyKind.p256 : .ed25519
        let files = try cluster.files(Forge.leaf(by: cluster.authority, key: key))
        let identity = try load(files)
        let now = Int64(time(nil))
        #expect(identity.facts.uri == "spiffe://lab/node/n2")
        #expect(identity.facts.subject == "/CN=leaf")
        #expect(identity.facts.issuer == "/CN=lab CA")
        #expect((3_500...3_600).contains(identity.facts.notAfter - now))
        #expect((-90 ... -60).contains(identity.facts.notBefore - now))
        #expect(identity.facts.serial.allSatisfy { $0.isHexDigit })
        #expect(!identity.facts.isDueForRenewal(at: now))
        let context = try TLSContext(identity)
        #expect(context.node == identity.node && context.certificate == identity.facts)
    }

    @Test("Days left count whole days, and renewal is due in the last third")
    func days() throws {
        var facts = try load(files).facts
        facts.notBefore = 0
        facts.notAfter = 90 * 86_400
        #expect(facts.daysLeft(at: 86_400 - 1) == 89)
        #expect(facts.daysLeft(at: 90 * 86_400) == 0)
        #expect(facts.daysLeft(at: 90 * 86_400 + 1) == -1)
        #expect(!facts.isDueForRenewal(at: 60 * 86_400))
        #expect(facts.isDueForRenewal(at: 60 * 86_400 + 1))
    }

    @Test(
        "A key that others can read is refused",
        arguments: [0o640, 0o604, 0o644, 0o660, 0o622] as [mode_t]
    )
    func mode(mode: mode_t) throws {
        // Root's own key may be readable by one group, and by nothing else.
        let isRootsGroup = geteuid() == 0 && mode == 0o640
        chmod(files.key, mode)
        if isRootsGroup {
            #expect(throws: Never.self) { try load(files) }
        } else {
            #expect(throws: IdentityError.keyMode(path: files.key, mode: 0o100000 | mode)) {
                try load(files)
            }
        }
    }

    @Test("A key of another user is refused", .enabled(if: geteuid() == 0))
    func owner() throws {
        chown(files.key, 12_345, 0)
        #expect(throws: IdentityError.keyOwner(path: files.key, owner: 12_345)) { try load(files) }
    }

    @Test("A key behind a symbolic link is refused")
    func link() throws {
        var linked = files
        linked.key += ".link"
        symlink(files.key, linked.key)
        #expect(throws: IdentityError.keyIsLink(path: linked.key)) { try load(linked) }
    }

    @Test("A key in a folder that anybody can change is refused")
    func folder() throws {
        chmod(cluster.folder, 0o777)
        #expect(throws: IdentityError.writableByAll(path: cluster.folder)) { try load(files) }
    }

    @Test("A certificate that anybody can change is refused")
    func writable() throws {
        chmod(files.certificate, 0o646)
        #expect(throws: IdentityError.writableByAll(path: files.certificate)) { try load(files) }
    }

    @Test("A pipe or a folder instead of a file is refused, and nobody waits for it")
    func notAFile() throws {
        var piped = files
        piped.key += ".pipe"
        mkfifo(piped.key, 0o600)
        #expect(throws: IdentityError.notAFile(path: piped.key)) { try load(piped) }
        piped = files
        piped.authority = cluster.folder
        #expect(throws: IdentityError.notAFile(path: cluster.folder)) { try load(piped) }
    }

    @Test("A missing file is named")
    func missing() throws {
        var wrong = files
        wrong.certificate = "/nonexistent/node.pem"
        let expected = IdentityError.unreadable(
            path: wrong.certificate,
            reason: "No such file or directory"
        )
        #expect(throws: expected) { try load(wrong) }
    }

    @Test("Files that hold something else are refused")
    func malformed() throws {
        var wrong = files
        wrong.key = files.certificate
        chmod(wrong.key, 0o600)
        #expect(
            throws: IdentityError.malformed(
                path: wrong.key,
                reason: "there is no private key in it that can be read"
            )
        ) { try load(wrong) }
        wrong = files
        wrong.certificate = files.key
        #expect(
            throws: IdentityError.malformed(
                path: wrong.certificate,
                reason: "there is no certificate in it"
            )
        ) { try load(wrong) }
        let whole = try String(contentsOfFile: files.authority, encoding: .utf8)
        try (whole + whole.dropLast(100)).write(
            toFile: files.authority,
            atomically: true,
            encoding: .utf8
        )
        #expect(
            throws: IdentityError.malformed(
                path: files.authority,
                reason: "it is not in PEM form, or broken"
            )
        ) { try load(files) }
    }

    @Test("An encrypted key is refused, and nobody is asked for its pass phrase")
    func encrypted() throws {
        var wrong = files
        wrong.key = "\(cluster.folder)/encrypted.key"
        try run(
            "openssl",
            "pkey",
            "-in",
            files.key,
            "-aes256",
            "-passout",
            "pass:x",
            "-out",
            wrong.key
        )
        #expect(
            throws: IdentityError.malformed(
                path: wrong.key,
                reason: "there is no private key in it that can be read"
            )
        ) { try load(wrong) }
    }

    @Test("An RSA key is refused")
    func rsa() throws {
        let files = try cluster.files(Forge.leaf(by: cluster.authority, key: .rsa(bits: 1024)))
        #expect(
            throws: IdentityError.keyKind(path: files.key, kind: "rsaEncryption, 1024 bits")
        ) { try load(files) }
    }

    @Test("A key that does not belong to the certificate is refused")
    func mismatch() throws {
        var mixed = files
        mixed.key = try cluster.files(Forge.leaf(by: cluster.authority)).key
        #expect(
            throws: IdentityError.keyMismatch(key: mixed.key, certificate: mixed.certificate)
        ) { try load(mixed) }
    }

    @Test("A certificate that names another node is refused with both names")
    func anotherNode() throws {
        let expected = IdentityError.anotherNode(
            path: files.certificate,
            expected: "n1",
            found: "n2"
        )
        #expect(throws: expected) { try load(files, node: "n1") }
        #expect(
            expected.description == "certificate \(files.certificate) is for n2; this node is n1"
        )
    }

    @Test("A certificate that names no node is refused")
    func noIdentity() throws {
        let files = try cluster.files(
            Forge.leaf(by: cluster.authority, names: "URI:spiffe://lab/metrics")
        )
        #expect(
            throws: IdentityError.noIdentity(
                path: files.certificate,
                reason: "'spiffe://lab/metrics' is no node of cluster lab"
            )
        ) { try load(files) }
    }

    @Test("A certificate before or after its time is refused with the date")
    func dates() throws {
        let old = try cluster.files(Forge.leaf(by: cluster.authority, life: -3_600 ... -60))
        let young = try cluster.files(Forge.leaf(by: cluster.authority, life: 60...3_600))
        #expect(try loadError(old).contains("expired on 20"))
        #expect(try loadError(young).contains("is not valid before 20"))
    }

    @Test("A certificate of another CA is refused")
    func foreign() throws {
        let files = try cluster.files(Forge.leaf(by: Forge.authority(name: "other CA")))
        #expect(
            throws: IdentityError.foreignChain(
                path: files.certificate,
                authority: files.authority,
                reason: "unable to get local issuer certificate"
            )
        ) { try load(files) }
    }

    @Test(
        "A certificate for one direction only is refused",
        arguments: ["serverAuth", "clientAuth"]
    )
    func purpose(purpose: String) throws {
        let files = try cluster.files(Forge.leaf(by: cluster.authority, purposes: purpose))
        #expect(
            throws: IdentityError.unusable(
                path: files.certificate,
                reason: "unsuitable certificate purpose"
            )
        ) { try load(files) }
    }

    @Test("A node whose own certificate is revoked says so")
    func revoked() throws {
        var files = try cluster.files(cluster.revoked)
        files.revocations = try cluster.revocations(life: 3_600)
        #expect(throws: IdentityError.revoked(path: files.certificate)) { try load(files) }
    }

    @Test("A revocation list that is out of date, or not our CA's, is refused")
    func revocations() throws {
        var files = files
        let stale = try cluster.revocations(life: -60)
        files.revocations = stale
        #expect(try loadError(files).hasPrefix("revocation list \(stale) ran out on 20"))
        let stranger = try Forge.authority()
        let path = "\(cluster.folder)/foreign.crl"
        try Forge.write(Forge.revocations(by: stranger, of: [], life: 60), to: path)
        files.revocations = path
        #expect(
            throws: IdentityError.malformed(
                path: path,
                reason: "it is not signed by the cluster's CA"
            )
        ) { try load(files) }
        files.revocations = files.authority
        #expect(try loadError(files).hasSuffix("there is no revocation list in it"))
    }

    @Test("A context knows what has been revoked, so that live links can be dropped")
    func revokedSerials() throws {
        let context = try cluster.context("n1", revocations: cluster.revocations(life: 3_600))
        let revoked = try load(cluster.files(cluster.revoked)).facts.serial
        #expect(context.revokes(serial: revoked))
        #expect(!context.revokes(serial: context.certificate.serial))
    }

    @Test("A certificate that no peer would take any more fails the trial handshake")
    func selfTest() throws {
        let files = try cluster.files(Forge.leaf(by: cluster.authority, life: -60...1))
        let identity = try load(files)
        waitUntilPast(identity.facts.notAfter)
        #expect(throws: IdentityError.selfTest(reason: "certificate has expired")) {
            try TLSContext(identity)
        }
    }

    private func load(_ files: TLSFiles, node: String = "n2") throws -> TLSIdentity {
        try TLSIdentity(files: files, node: NodeID(checked: node), cluster: cluster.name)
    }

    private func loadError(_ files: TLSFiles) throws -> String {
        do {
            _ = try load(files)
            return "no error"
        } catch let error as IdentityError {
            return error.description
        }
    }
}
