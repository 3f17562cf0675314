import Foundation
import StartedPrograms
import Testing

/// Real daemons on loopback, each a process with its own folder; gone when this is.
final class TestCluster {
    let folder: URL
    let names: [String]
    private let options: ClusterOptions
    private var programs: [String: StartedProgram] = [:]
    private var cables: [Cable] = []

    /// Makes certificates and configurations and starts `count` nodes.
    init(nodes count: Int, _ options: ClusterOptions = ClusterOptions()) throws {
        folder = try temporaryFolder()
        names = ["a", "b", "c", "d"].prefix(count).map { String($0) }
        self.options = options
        try makeCertificates()
        try writeConfigurations()
        for name in names { try start(name) }
        try waitUntilAlive()
    }

    deinit {
        programs = [:]
        for cable in cables { cable.stop() }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Folder of one node: configuration, state, socket, log.
    func home(of node: String) -> URL { folder.appending(path: node) }

    /// Starts a node's daemon and returns once its socket answers.
    func start(_ node: String) throws {
        let configuration = home(of: node).appending(path: "distmld.yaml").path
        var command = [Programs.path("distmld"), "--config", configuration]
        if node == options.smallDisk {
            // Its state lies in a file system of its own, which only it can see.
            let script = """
                mount -t tmpfs -o size=\(ClusterOptions.smallDiskBytes),mode=700 none "$1" &&
                exec "$2" --config "$3" >>"$1/log" 2>&1
                """
            let state = home(of: node).appending(path: "state")
            try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
            command =
                ["unshare", "-rm", "sh", "-c", script, "sh", state.path, Programs.path("distmld")]
                + [configuration]
        }
        let file = home(of: node).appending(path: "log").path
        let log = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(log) }
        let program = try StartedProgram(
            command[0],
            Array(command.dropFirst()),
            streams: ProgramStreams(output: log, errors: log)
        )
        programs[node] = program
        try wait(for: "the socket of node \(node)") {
            guard program.isRunning else {
                throw SystemTestError(description: "node \(node) ended:\n\(self.log(of: node))")
            }
            return try self.ctl("version", on: node).status == 0
        }
    }

    /// Process id of a node's daemon.
    func pid(of node: String) throws -> pid_t {
        try #require(programs[node]).pid
    }

    /// Sends a signal to a node's daemon.
    func signal(_ node: String, _ number: Int32) throws {
        kill(try pid(of: node), number)
    }

    /// Ends a node's daemon with a signal and waits for its end.
    @discardableResult
    func end(_ node: String, _ number: Int32) throws -> Int32 {
        let program = try #require(programs[node])
        kill(program.pid, number)
        return try program.wait(within: .seconds(20))
    }

    /// A node's state directory as its daemon sees it, on whatever file system.
    func state(of node: String) throws -> URL {
        let path = home(of: node).appending(path: "state").path
        return URL(filePath: "/proc/\(try pid(of: node))/root\(path)")
    }

    /// Takes the cable of the isolated node out, or puts it back.
    func cut(_ isCut: Bool) { for cable in cables { cable.cut(isCut) } }

    /// Runs `distmlctl` against a node.
    @discardableResult
    func ctl(
        _ arguments: String...,
        on node: String = "a",
        input: String? = nil,
        seconds: Double = 120
    ) throws -> CommandResult {
        try ctl(arguments, on: node, input: input, seconds: seconds)
    }

    /// Runs `distmlctl` against a node.
    @discardableResult
    func ctl(
        _ arguments: [String],
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
        let ports = Dictionary(uniqueKeysWithValues: zip(names, try freePorts(names.count)))
        for name in names {
            let peers = try names.map { peer in
                let port = try way(from: name, to: peer, ports)
                return "  - {name: \(peer), address: \"127.0.0.1:\(port)\"}\n"
            }.joined()
            let home = home(of: name).path
            let port = try #require(ports[name])
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

extension TestCluster {
    /// The port at which a node finds another: its own, or that of a cable to it.
    private func way(
        from node: String,
        to peer: String,
        _ ports: [String: UInt16]
    ) throws -> UInt16 {
        let port = try #require(ports[peer])
        guard node != peer, options.isolated == node || options.isolated == peer else {
            return port
        }
        let cable = try Cable(to: port)
        cables.append(cable)
        return cable.port
    }
}

/// What is special about a cluster.
struct ClusterOptions {
    /// Size of a small disk: what a dataset must leave free, some more, and soon full.
    static let smallDiskBytes = 160 << 20

    /// A node whose every connection runs over a cable that can be cut.
    var isolated: String?
    /// A node whose state and log lie on a small disk of its own.
    var smallDisk: String?
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
