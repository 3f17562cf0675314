import Domain
import Foundation
import Logging
import StartedPrograms
import Synchronization
import TLSTransport
import Testing
import Transport

@testable import Daemon

/// Certificates of one cluster in a temporary folder, made by the scripts in `certs`.
final class TestCertificates: Sendable {
    let folder: String
    let cluster: ClusterName

    init(cluster: String = "test", nodes: [String] = ["a", "b", "c"]) throws {
        self.cluster = ClusterName(checked: cluster)
        folder = FileManager.default.temporaryDirectory.path + "/distml-daemon-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try script("ca", cluster)
        for node in nodes { try script("node", node) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func script(_ name: String, _ arguments: String...) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appending(path: "certs/\(name)").resolvingSymlinksInPath().path
        let end = try runProgram(path, ["--dir", folder + "/pki"] + arguments)
        try #require(end.status == 0, "certs/\(name): \(end.errors)")
    }

    func files(_ node: String, hasRevocations: Bool = false) -> TLSFiles {
        let home = folder + "/pki/nodes/" + node
        return TLSFiles(
            key: home + "/node.key",
            certificate: home + "/node.pem",
            authority: home + "/ca.pem",
            revocations: hasRevocations ? folder + "/pki/crl.pem" : nil
        )
    }

    func context(_ node: String, hasRevocations: Bool = false) throws -> TLSContext {
        let identity = try TLSIdentity(
            files: files(node, hasRevocations: hasRevocations),
            node: NodeID(checked: node),
            cluster: cluster
        )
        return try TLSContext(identity)
    }
}

/// The certificates that most tests share; made once.
let sharedCertificates = Result { try TestCertificates() }

/// Ports that were free a moment ago.
func freePorts(_ count: Int) throws -> [UInt16] {
    let address = PeerAddress(host: "127.0.0.1", port: 0)
    var ports: [UInt16] = []
    // All are held until all are known, so that no two are the same.
    func hold(_ left: Int) throws {
        guard left > 0 else { return }
        let listener = try TLSListener(on: address)
        ports.append(listener.port)
        try hold(left - 1)
        _ = consume listener
    }
    try hold(count)
    return ports
}

/// A machine that builds and tests at once may not run a thread for a second.
let patientHeartbeat = "{interval: 100ms, suspect: 4s, dead: 8s}"

/// A configuration of one of several nodes on this machine.
func configuration(
    _ node: String,
    _ ports: [String: UInt16],
    _ certificates: TestCertificates,
    heartbeat: String = patientHeartbeat
) throws -> Configuration {
    try Configuration.parse(
        configurationText(node, ports, certificates, "/nowhere", heartbeat: heartbeat),
        file: "test"
    )
}

/// The same as a file says it, with everything of the node below `folder`.
func configurationText(
    _ node: String,
    _ ports: [String: UInt16],
    _ certificates: TestCertificates,
    _ folder: String,
    heartbeat: String = patientHeartbeat
) throws -> String {
    let peers = ports.sorted { $0.key < $1.key }
        .map { "  - {name: \($0.key), address: \"127.0.0.1:\($0.value)\"}\n" }.joined()
    let files = certificates.files(node)
    let port = try #require(ports[node])
    return """
        cluster: test
        node: \(node)
        listen: 127.0.0.1:\(port)
        peers:
        \(peers)tls:
          certificate: \(files.certificate)
          key: \(files.key)
          ca: \(files.authority)
        state: \(folder)/state
        socket: {path: \(folder)/sock}
        heartbeat: \(heartbeat)
        """
}

/// Waits until a fact holds, looking at it every few milliseconds.
func wait(
    for what: String,
    seconds: Double = 20,
    until isTrue: () async throws -> Bool
) async throws {
    let deadline = Deadline.after(.seconds(seconds))
    while try await !isTrue() {
        try #require(!deadline.hasPassed, "waited \(seconds) s for \(what)")
        let pause = Deadline.after(.milliseconds(5))
        while !pause.hasPassed { await Task.yield() }
    }
}

/// What was logged.
final class LogRecorder: Sendable {
    private let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined() } }

    func log() -> Log {
        Log(format: .text, level: .debug) { line in self.lines.withLock { $0.append(line) } }
    }
}
