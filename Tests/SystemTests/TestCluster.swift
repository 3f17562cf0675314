import Foundation
import Testing

/// Real daemons on loopback, each a process with its own folder; gone when this is.
final class TestCluster {
    let folder: URL
    let names: [String]
    private var processes: [String: Process] = [:]

    /// Makes certificates and configurations and starts `count` nodes.
    init(nodes count: Int) throws {
        folder = try temporaryFolder()
        names = ["a", "b", "c", "d"].prefix(count).map { String($0) }
        try makeCertificates()
        try writeConfigurations()
        for name in names { try start(name) }
        try waitUntilAlive()
    }

    deinit {
        for process in processes.values where process.isRunning {
            kill(process.processIdentifier, SIGCONT)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Folder of one node: configuration, state, socket, log.
    func home(of node: String) -> URL { folder.appending(path: node) }

    /// Starts a node's daemon and returns once its socket answers.
    func start(_ node: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: Programs.path("distmld"))
        process.arguments = ["--config", home(of: node).appending(path: "distmld.yaml").path]
        let log = home(of: node).appending(path: "log")
        if !FileManager.default.fileExists(atPath: log.path) {
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        processes[node] = process
        try wait(for: "the socket of node \(node)") {
            guard process.isRunning else {
                throw SystemTestError(description: "node \(node) ended:\n\(self.log(of: node))")
            }
            return try self.ctl("version", on: node).status == 0
        }
    }

    /// Process id of a node's daemon.
    func pid(of node: String) throws -> pid_t {
        try #require(processes[node]).processIdentifier
    }

    /// Sends a signal to a node's daemon.
    func signal(_ node: String, _ number: Int32) throws {
        kill(try pid(of: node), number)
    }

    /// Ends a node's daemon with a signal and waits for its end.
    @discardableResult
    func end(_ node: String, _ number: Int32) throws -> Int32 {
        let process = try #require(processes[node])
        kill(process.processIdentifier, number)
        try wait(for: "the end of node \(node)", seconds: 20) { !process.isRunning }
        return process.terminationStatus
    }

    /// Runs `distmlctl` against a node.
    @discardableResult
    func ctl(
        _ arguments: String...,
        on node: String = "a",
        input: String? = nil,
        seconds: Double = 120
    ) throws -> CommandResult {
        try run(
            Programs.path("distmlctl"),
            arguments,
            input: input,
            environment: ["DISTML_SOCKET": home(of: node).appending(path: "distml.sock").path],
            seconds: seconds
        )
    }

    /// What a node logged.
    func log(of node: String) -> String {
        let file = home(of: node).appending(path: "log")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }

    /// Waits until every node sees every other alive.
    func waitUntilAlive() throws {
        for name in names {
            try wait(for: "node \(name) seeing all alive") {
                let nodes = try self.ctl("node", "ls", "--json", on: name).list()
                let alive = nodes.filter { $0["state"] as? String == "alive" }
                return alive.count == self.names.count
            }
        }
    }

    /// Process ids of the workers of a node, by their parent.
    func workers(of node: String) throws -> [pid_t] {
        let parent = try pid(of: node)
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { entry in
            guard let pid = pid_t(entry),
                let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let close = text.lastIndex(of: ")")
            else { return nil }
            let fields = text[text.index(after: close)...].split(separator: " ")
            return fields.count > 1 && pid_t(fields[1]) == parent ? pid : nil
        }
    }

    private func makeCertificates() throws {
        let pki = folder.appending(path: "pki").path
        try script("certs/ca", "--dir", pki, "test")
        for name in names {
            try script("certs/node", "--dir", pki, "--out", home(of: name).path + "/tls", name)
        }
    }

    private func script(_ name: String, _ arguments: String...) throws {
        let result = try run(Programs.root.appending(path: name).path, arguments)
        guard result.status == 0 else {
            throw SystemTestError(description: "\(name): \(result.errors)")
        }
    }

    private func writeConfigurations() throws {
        let ports = try freePorts(names.count)
        let peers = zip(names, ports)
            .map { "  - {name: \($0), address: \"127.0.0.1:\($1)\"}\n" }.joined()
        for (name, port) in zip(names, ports) {
            let home = home(of: name).path
            let text = """
                cluster: test
                node: \(name)
                listen: 127.0.0.1:\(port)
                peers:
                \(peers)tls:
                  certificate: \(home)/tls/node.pem
                  key: \(home)/tls/node.key
                  ca: \(home)/tls/ca.pem
                state: \(home)/state
                socket:
                  path: \(home)/distml.sock
                worker:
                  program: \(Programs.path("distml-worker"))
                log:
                  format: json

                """
            try text.write(toFile: home + "/distmld.yaml", atomically: true, encoding: .utf8)
        }
    }
}

/// Ports that nobody listens on at the moment.
func freePorts(_ count: Int) throws -> [UInt16] {
    var descriptors: [Int32] = []
    defer { descriptors.forEach { close($0) } }
    return try (0..<count).map { _ in
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptors.append(descriptor)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw SystemTestError(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
