import Domain
import Foundation
import TLSTransport

/// Certificates for ranks of one benchmark, valid for a day, in a folder that goes with it.
///
/// Made by the `openssl` program, as the scripts in `certs/` make real ones.
struct ThrowawayCertificates {
    static let cluster = ClusterName(checked: "bench")

    /// The folder they lie in.
    let folder: URL

    /// The name of the node at a rank.
    static func node(_ rank: Int) -> NodeID { NodeID(checked: "rank-\(rank)") }

    /// Where the files of a rank lie.
    static func files(_ rank: Int, in folder: URL) -> TLSFiles {
        TLSFiles(
            key: folder.appendingPathComponent("rank-\(rank).key").path,
            certificate: folder.appendingPathComponent("rank-\(rank).pem").path,
            authority: folder.appendingPathComponent("ca.pem").path
        )
    }

    /// Makes a CA and a key and certificate for each rank.
    init(worldSize: Int, in folder: URL) throws {
        self.folder = folder
        try newKey("ca.key")
        try write("ca.cnf", Self.authoritySettings)
        try openssl(
            "req -new -x509 -config ca.cnf -key ca.key -sha256 -days 1 -out ca.pem"
        )
        for rank in 0..<worldSize {
            let node = Self.node(rank)
            try newKey("\(node).key")
            try write("\(node).cnf", Self.nodeSettings(node))
            try openssl("req -new -config ca.cnf -key \(node).key -out \(node).csr")
            try openssl(
                "x509 -req -in \(node).csr -CA ca.pem -CAkey ca.key -set_serial \(rank + 2) "
                    + "-sha256 -days 1 -extfile \(node).cnf -out \(node).pem"
            )
        }
    }

    private static let authoritySettings = """
        [req]
        distinguished_name = name
        x509_extensions = authority
        prompt = no
        [name]
        O = \(cluster)
        CN = \(cluster) CA
        [authority]
        basicConstraints = critical, CA:TRUE, pathlen:0
        keyUsage = critical, keyCertSign, cRLSign
        subjectKeyIdentifier = hash
        nameConstraints = critical, permitted;URI:\(cluster)
        """

    private static func nodeSettings(_ node: NodeID) -> String {
        """
        basicConstraints = critical, CA:FALSE
        keyUsage = critical, digitalSignature
        extendedKeyUsage = serverAuth, clientAuth
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        subjectAltName = URI:\(nodeURI(node, in: cluster))
        """
    }

    private func newKey(_ name: String) throws {
        try openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out \(name)")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600],
            ofItemAtPath: folder.appendingPathComponent(name).path
        )
    }

    private func write(_ name: String, _ text: String) throws {
        let file = folder.appendingPathComponent(name)
        try Data((text + "\n").utf8).write(to: file)
    }

    private func openssl(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let words = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchError("openssl \(arguments): \(String(decoding: words, as: UTF8.self))")
        }
    }
}
