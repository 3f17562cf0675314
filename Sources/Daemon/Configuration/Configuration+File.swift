import Domain
import Glibc
import Logging
import TLSTransport
import Transport
import Yams

extension Configuration {
    /// Reads and checks the file at `path`.
    public static func load(_ path: String) throws(ConfigurationError) -> Configuration {
        try parse(readText(path), file: path)
    }

    /// Checks the text of a file that is called `file` in messages.
    public static func parse(
        _ text: String,
        file: String
    ) throws(ConfigurationError) -> Configuration {
        let top = try ConfigurationSection(
            composeYAML(text, file: file),
            file: file,
            path: "",
            keys: [
                "cluster", "node", "listen", "peers", "tls", "state", "socket", "tenants", "worker",
                "log", "heartbeat",
            ]
        )
        let node: NodeID = try top.name("node")
        let members = try members(in: top)
        let peers = members.filter { $0.name != node }
        guard peers.count < peersMax else {
            throw top.error("peers", "has more than \(peersMax) members")
        }
        return Configuration(
            cluster: try top.name("cluster"),
            node: node,
            listen: try top.address("listen"),
            listed: members.first { $0.name == node }?.address,
            peers: peers,
            tls: try files(in: top),
            state: try top.path("state"),
            socket: try Socket(in: top),
            tenants: try top.optionalPath("tenants"),
            worker: try Worker(in: top),
            log: try Log(in: top),
            heartbeat: try Heartbeat(in: top)
        )
    }
}

/// Most members a cluster has: a ring of sixteen, and hosts that hold data only.
private let peersMax = 64

/// All that the list names, in order of their names.
private func members(
    in top: ConfigurationSection
) throws(ConfigurationError) -> [Configuration.Peer] {
    var peers: [Configuration.Peer] = []
    var names: Set<NodeID> = []
    for section in try top.sections("peers", keys: ["name", "address"]) {
        let peer = Configuration.Peer(
            name: try section.name("name"),
            address: try section.address("address")
        )
        guard names.insert(peer.name).inserted else {
            throw section.error("name", "'\(peer.name)' is given twice")
        }
        guard peer.address.port != 0 else { throw section.error("address", "needs a port") }
        peers.append(peer)
    }
    return peers.sorted { $0.name < $1.name }
}

private func files(in top: ConfigurationSection) throws(ConfigurationError) -> TLSFiles {
    guard let section = try top.section("tls", keys: ["certificate", "key", "ca", "crl"]) else {
        throw top.error("tls", "is missing")
    }
    return TLSFiles(
        key: try section.path("key"),
        certificate: try section.path("certificate"),
        authority: try section.path("ca"),
        revocations: try section.optionalPath("crl")
    )
}

extension Configuration.Socket {
    fileprivate init(in top: ConfigurationSection) throws(ConfigurationError) {
        let section = try top.section("socket", keys: ["path", "mode", "group"])
        path = try section?.optionalPath("path") ?? "/run/distml/distml.sock"
        guard path.utf8.count < 108 else {
            throw top.error("socket", "has a path of more than 107 bytes")
        }
        mode = try section.map(Self.mode(in:)) ?? 0o660
        group = try section?.optionalText("group")
    }

    private static func mode(in section: ConfigurationSection) throws(ConfigurationError) -> UInt32
    {
        guard let text = try section.optionalText("mode") else { return 0o660 }
        guard let mode = UInt32(text, radix: 8), [0o600, 0o660, 0o666].contains(mode) else {
            throw section.error("mode", "must be one of 0600, 0660, 0666, not '\(text)'")
        }
        return mode
    }
}

extension Configuration.Worker {
    fileprivate init(in top: ConfigurationSection) throws(ConfigurationError) {
        let section = try top.section(
            "worker",
            keys: ["program", "socket", "isolation", "memory"]
        )
        source = try section.flatMap(Self.source(in:))
        isolation = try section?.choice("isolation", default: .confined) ?? .confined
        memoryBytes = try section.flatMap(Self.memory(in:))
    }

    private static func source(
        in section: ConfigurationSection
    ) throws(ConfigurationError) -> Source? {
        let program = try section.optionalPath("program")
        let socket = try section.optionalPath("socket")
        if program != nil, socket != nil {
            throw section.error("socket", "and 'worker.program' exclude each other")
        }
        return program.map(Source.program) ?? socket.map(Source.socket)
    }

    private static func memory(in section: ConfigurationSection) throws(ConfigurationError) -> Int?
    {
        let units = ["MiB": 1_048_576.0, "GiB": 1_073_741_824, "TiB": 1_099_511_627_776]
        guard let bytes = try section.quantity("memory", units: units) else { return nil }
        guard (67_108_864...1_125_899_906_842_624).contains(bytes) else {
            throw section.error("memory", "must lie between 64MiB and 1024TiB")
        }
        return Int(bytes)
    }
}

extension Configuration.Log {
    fileprivate init(in top: ConfigurationSection) throws(ConfigurationError) {
        let section = try top.section("log", keys: ["level", "format"])
        level = try section?.choice("level", default: .info) ?? .info
        format = try section?.choice("format", default: .text) ?? .text
    }
}

extension Configuration.Heartbeat {
    fileprivate init(in top: ConfigurationSection) throws(ConfigurationError) {
        self = .standard
        guard let section = try top.section("heartbeat", keys: ["interval", "suspect", "dead"])
        else { return }
        let range = Duration.milliseconds(20)...Duration.seconds(60)
        interval = try section.duration("interval", default: interval, in: range)
        suspect = try section.duration("suspect", default: interval * 3, in: range)
        dead = try section.duration("dead", default: suspect * 2, in: range)
        guard interval * 2 <= suspect else {
            throw section.error("suspect", "must be at least twice the interval")
        }
        guard suspect < dead else { throw section.error("dead", "must be longer than 'suspect'") }
    }
}

/// The text of a small file.
func readText(_ path: String) throws(ConfigurationError) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
        throw ConfigurationError(file: path, line: nil, message: systemMessage(errno))
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    var count = 0
    while count < bytes.count {
        let free = bytes.count - count
        let got = bytes.withUnsafeMutableBytes {
            read(file, $0.baseAddress.map { $0 + count }, free)
        }
        guard got >= 0 else {
            throw ConfigurationError(file: path, line: nil, message: systemMessage(errno))
        }
        if got == 0 { break }
        count += got
    }
    guard count < bytes.count else {
        throw ConfigurationError(file: path, line: nil, message: "the file is 1 MiB or longer")
    }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
        throw ConfigurationError(file: path, line: nil, message: "the file is not UTF-8")
    }
    return text
}
