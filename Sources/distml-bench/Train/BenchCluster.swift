import ControlAPI
import Domain
import Foundation
import Glibc
import JSONRPC
import Synchronization
import TLSTransport

/// Daemons on this machine's loopback for one benchmark; gone with it.
///
/// They are the real programs, which lie beside this one: what is measured is what users get.
final class BenchCluster {
    private let folder: URL
    private let nodes: Int
    private let programs: URL
    private var daemons: [Process] = []

    /// Starts `nodes` daemons, whose state lies in `folder` beside certificates for as many ranks.
    init(nodes: Int, certificates: URL, in folder: URL) throws {
        self.nodes = nodes
        self.folder = folder.appendingPathComponent("cluster-\(nodes)")
        programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent()
        try FileManager.default.createDirectory(
            at: self.folder,
            withIntermediateDirectories: false
        )
        let ports = try freePorts(nodes)
        for rank in 0..<nodes { try start(rank, ports, certificates) }
        try waitUntilAlive()
    }

    /// Ends the daemons and waits until they have gone.
    func finish() {
        for daemon in daemons where daemon.isRunning { daemon.terminate() }
        for daemon in daemons {
            daemon.waitUntilExit()
            companions.withLock { _ = $0.remove(daemon.processIdentifier) }
        }
    }

    /// Runs `distmlctl` on the first node and decodes the `data` of its answer.
    func call<Answer: Codable & Sendable>(
        _ type: Answer.Type,
        _ arguments: [String]
    ) throws -> Answer {
        let text = try command(arguments + ["--json"])
        do {
            return try JSONCoding.decode(Envelope<Answer>.self, from: Array(text.utf8)).data
        } catch {
            throw BenchError("distmlctl \(arguments.joined(separator: " ")): \(error)")
        }
    }

    /// Runs `distmlctl` on the first node for its effect.
    @discardableResult
    func command(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = programs.appendingPathComponent("distmlctl")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["DISTML_SOCKET": socket(0)]) { $1 }
        let output = Pipe()
        let words = folder.appendingPathComponent("words")
        _ = FileManager.default.createFile(atPath: words.path, contents: nil)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: words)
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let said = (try? String(contentsOf: words, encoding: .utf8)) ?? ""
            throw BenchError("distmlctl \(arguments.joined(separator: " ")): \(said)")
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Runs `body` and returns the largest resident memory that a worker had meanwhile, in bytes.
    func watchingWorkers<Result>(_ body: () throws -> Result) rethrows -> (Result, Int) {
        let watch = MemoryWatch(parents: daemons.map(\.processIdentifier))
        watch.start()
        defer { watch.cancel() }
        let result = try body()
        return (result, watch.peakBytes)
    }

    private func socket(_ rank: Int) -> String {
        folder.appendingPathComponent("\(rank).sock").path
    }

    private func start(_ rank: Int, _ ports: [UInt16], _ certificates: URL) throws {
        let files = ThrowawayCertificates.files(rank, in: certificates)
        let peers = ports.enumerated()
            .map { "  - {name: \(ThrowawayCertificates.node($0)), address: \"127.0.0.1:\($1)\"}" }
        let text = """
            cluster: \(ThrowawayCertificates.cluster)
            node: \(ThrowawayCertificates.node(rank))
            listen: 127.0.0.1:\(ports[rank])
            peers:
            \(peers.joined(separator: "\n"))
            tls: {certificate: \(files.certificate), key: \(files.key), ca: \(files.authority)}
            state: \(folder.path)/state-\(rank)
            socket: {path: \(socket(rank))}
            worker: {program: \(programs.path)/distml-worker}
            log: {format: json}

            """
        let file = folder.appendingPathComponent("\(rank).yaml")
        try Data(text.utf8).write(to: file)
        let log = folder.appendingPathComponent("\(rank).log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let process = Process()
        process.executableURL = programs.appendingPathComponent("distmld")
        process.arguments = ["--config", file.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        try process.run()
        daemons.append(process)
        companions.withLock { _ = $0.insert(process.processIdentifier) }
    }

    private func waitUntilAlive() throws {
        for _ in 0..<300 {
            for (rank, daemon) in daemons.enumerated() where !daemon.isRunning {
                let log = folder.appendingPathComponent("\(rank).log")
                let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                throw BenchError("daemon \(rank) ended: \(said.suffix(2_000))")
            }
            let seen = try? call([NodeSummary].self, ["node", "ls"])
            if seen?.count(where: { $0.state == .alive }) == nodes { return }
            usleep(100_000)
        }
        throw BenchError("the \(nodes) daemons did not find each other within 30 s")
    }
}

/// Ports on the loopback that nobody listens on at the moment.
private func freePorts(_ count: Int) throws -> [UInt16] {
    var sockets: [Int32] = []
    defer { for descriptor in sockets { close(descriptor) } }
    return try (0..<count).map { _ in
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        sockets.append(descriptor)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw BenchError("no free port on the loopback") }
        return UInt16(bigEndian: address.sin_port)
    }
}
