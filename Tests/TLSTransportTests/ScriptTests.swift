import Domain
import Foundation
import TLSTransport
import Testing
import Transport

@Suite("The scripts in certs/")
struct ScriptTests {
    let folder: String

    init() throws {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("distml-certs-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try certs("ca", "lab")
    }

    @Test("Nodes with certificates of the scripts link up, with keys made here or there")
    func link() throws {
        defer { remove() }
        try certs("node", "n1")
        try run(
            path("request"),
            "--out",
            "\(folder)/there",
            "lab",
            "n2"
        )
        try certs("sign", "n2", "\(folder)/there/node.csr")
        try FileManager.default.moveItem(
            atPath: "\(folder)/there/node.key",
            toPath: "\(folder)/pki/nodes/n2/node.key"
        )
        let (first, second) = (try context("n1"), try context("n2"))
        let now = Int64(time(nil))
        #expect((89...90).contains(first.certificate.daysLeft(at: now)))
        // A clock that is a little behind does not matter.
        #expect(first.certificate.notBefore <= now - 300)
        try withLinks(from: first, to: second) { dialled, _ in
            #expect(dialled.peerCertificate.subject == "/O=lab/CN=n2")
        }
    }

    @Test("Keys are their owner's alone")
    func modes() throws {
        defer { remove() }
        try certs("node", "n1")
        for key in ["pki/ca.key", "pki/nodes/n1/node.key"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(key)")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("Nothing is replaced unasked")
    func overwrite() throws {
        defer { remove() }
        try certs("node", "n1")
        let before = try context("n1").certificate.serial
        #expect(failure("ca", "lab").contains("exists; --force replaces it"))
        #expect(failure("node", "n1").contains("exists; --force replaces it"))
        #expect(try context("n1").certificate.serial == before)
        #expect(try certs("node", "--force", "n1").contains("replacing"))
        #expect(try context("n1").certificate.serial != before)
    }

    @Test("No certificate outlives its CA")
    func shortAuthority() throws {
        defer { remove() }
        try certs("ca", "--force", "--days", "3", "lab")
        #expect(failure("node", "n1").contains("the CA itself lives only until"))
        try certs("node", "--days", "2", "n1")
        #expect(throws: Never.self) { try context("n1") }
    }

    @Test("A renewed certificate keeps its key and gets a new life")
    func renew() throws {
        defer { remove() }
        try certs("node", "--days", "7", "n1")
        let before = try context("n1").certificate
        try certs("renew", "n1")
        let after = try context("n1").certificate
        #expect(after.serial != before.serial)
        #expect(after.notAfter - before.notAfter > 80 * 86_400)
    }

    @Test("Every certificate of a revoked node is refused, and it gets no new one for its key")
    func revoke() throws {
        defer { remove() }
        try certs("node", "n1")
        try certs("node", "n2")
        let stolen = "\(folder)/pki/nodes/n2/stolen.pem"
        try FileManager.default.copyItem(atPath: "\(folder)/pki/nodes/n2/node.pem", toPath: stolen)
        try certs("renew", "n2")
        try certs("revoke", "n2")
        #expect(failure("renew", "n2").contains("is revoked"))
        #expect(throws: IdentityError.revoked(path: files("n2", withRevocations: true).certificate))
        {
            try context("n2", withRevocations: true)
        }
        #expect(throws: Never.self) { try context("n1", withRevocations: true) }
        var old = files("n2", withRevocations: true)
        old.certificate = stolen
        #expect(throws: IdentityError.revoked(path: stolen)) { try load("n2", old) }
    }

    @Test(
        "Bad names and lives are refused before anything is made",
        arguments: [
            ["node", "N1"], ["node", "../n1"], ["node", "n1\n"], ["node", "-n1"], ["node", "é"],
            ["node", String(repeating: "a", count: 65)], ["node", "n1", "n2"], ["node"],
            ["node", "--days", "91", "n1"], ["node", "--days", "0", "n1"],
            ["node", "--days", "1x", "n1"], ["node", "--days"], ["ca", "Lab"],
            ["crl", "--days", "400"],
            ["revoke", "n9"], ["renew", "n9"], ["sign", "n9", "/nonexistent"],
        ]
    )
    func badArguments(arguments: [String]) {
        defer { remove() }
        let text = failure(arguments[0], Array(arguments.dropFirst()))
        #expect(text.hasPrefix("\(arguments[0]): "))
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/pki/nodes/n1"))
    }

    @Test("A request for another node, or without its key, is not signed")
    func wrongRequest() throws {
        defer { remove() }
        try run(path("request"), "--out", folder, "lab", "n2")
        #expect(
            failure("sign", "n3", "\(folder)/node.csr").contains(
                "not for 'URI:spiffe://lab/node/n3'"
            )
        )
        try run(path("request"), "--force", "--out", folder, "other", "n2")
        #expect(failure("sign", "n2", "\(folder)/node.csr").contains("spiffe://other/node/n2"))
        try "no request".write(toFile: "\(folder)/node.csr", atomically: true, encoding: .utf8)
        #expect(failure("sign", "n2", "\(folder)/node.csr").contains("is not a request"))
    }

    @Test(
        "Each script explains itself",
        arguments: ["ca", "node", "request", "sign", "renew", "revoke", "crl"]
    )
    func help(script: String) throws {
        defer { remove() }
        #expect(try run(path(script), "--help").hasPrefix("usage: certs/\(script) "))
    }

    @discardableResult
    private func certs(_ script: String, _ arguments: String...) throws -> String {
        try certs(script, arguments)
    }

    @discardableResult
    private func certs(_ script: String, _ arguments: [String]) throws -> String {
        try run([path(script), "--dir", "\(folder)/pki"] + arguments)
    }

    private func failure(_ script: String, _ arguments: String...) -> String {
        failure(script, arguments)
    }

    private func failure(_ script: String, _ arguments: [String]) -> String {
        do {
            return "it succeeded: " + (try certs(script, arguments))
        } catch let failure as ProgramFailure {
            return failure.output
        } catch {
            return "\(error)"
        }
    }

    private func path(_ script: String) -> String {
        URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("certs/\(script)").path
    }

    private func files(_ node: String, withRevocations: Bool) -> TLSFiles {
        let place = "\(folder)/pki/nodes/\(node)"
        return TLSFiles(
            key: "\(place)/node.key",
            certificate: "\(place)/node.pem",
            authority: "\(folder)/pki/ca.pem",
            revocations: withRevocations ? "\(folder)/pki/crl.pem" : nil
        )
    }

    private func load(_ node: String, _ files: TLSFiles) throws -> TLSContext {
        try TLSContext(
            TLSIdentity(
                files: files,
                node: NodeID(checked: node),
                cluster: ClusterName(checked: "lab")
            )
        )
    }

    @discardableResult
    private func context(_ node: String, withRevocations: Bool = false) throws -> TLSContext {
        try load(node, files(node, withRevocations: withRevocations))
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
