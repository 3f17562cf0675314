import Domain
import Foundation
import Logging
import TLSTransport
import Testing

@testable import Daemon

private let valid = """
    cluster: lab
    node: b
    listen: "[::]:7443"
    peers:
      - {name: a, address: "10.0.0.1:7443"}
      - {name: b, address: "10.0.0.2:7443"}
    tls:
      certificate: /tls/node.pem
      key: /tls/node.key
      ca: /tls/ca.pem
    state: /var/lib/distml

    """

@Suite("The configuration file")
struct ConfigurationTests {
    @Test("What is not said has the default that the documentation names")
    func defaults() throws {
        let configuration = try Configuration.parse(valid, file: "f")
        #expect(configuration.node.text == "b")
        #expect(configuration.listen == PeerAddress(host: "::", port: 7_443))
        #expect(configuration.peers.map(\.name.text) == ["a"])
        #expect(configuration.listed == PeerAddress(host: "10.0.0.2", port: 7_443))
        #expect(configuration.tls.revocations == nil)
        #expect(configuration.socket.path == "/run/distml/distml.sock")
        #expect(configuration.socket.mode == 0o660)
        #expect(configuration.worker.isolation == .confined)
        #expect(configuration.worker.source == nil)
        #expect(configuration.heartbeat == .standard)
        #expect(configuration.log.level == .info)
    }

    @Test("Every key is read")
    func everyKey() throws {
        let more = """
            socket: {path: /s, mode: "0666", group: users}
            tenants: /etc/tenants.yaml
            worker: {program: /bin/w, isolation: none, memory: 2GiB}
            log: {level: debug, format: json}
            heartbeat: {interval: 200ms, suspect: 1s, dead: 1.5s}
            """
        let configuration = try Configuration.parse(valid + more, file: "f")
        #expect(configuration.socket == .init(path: "/s", mode: 0o666, group: "users"))
        #expect(configuration.tenants == "/etc/tenants.yaml")
        #expect(configuration.worker.source == .program("/bin/w"))
        #expect(configuration.worker.isolation == .none)
        #expect(configuration.worker.memoryBytes == 2_147_483_648)
        #expect(configuration.log == .init(level: .debug, format: .json))
        #expect(configuration.heartbeat.interval == .milliseconds(200))
        #expect(configuration.heartbeat.dead == .milliseconds(1_500))
    }

    @Test(
        "A mistake is named with its line",
        arguments: [
            ("wroker: {}", 12, "unknown key 'wroker'"),
            ("worker: {proggram: /x}", 12, "unknown key 'worker.proggram'"),
            ("worker:\n  memory: lots", 13, "must be a number with a unit"),
            ("worker: {memory: 1MiB}", 12, "must lie between"),
            ("worker: {program: bin/w}", 12, "must be an absolute path"),
            ("worker: {program: /a, socket: /b}", 12, "exclude each other"),
            ("worker: 3", 12, "must be a mapping"),
            ("socket: {mode: \"0777\"}", 12, "must be one of 0600, 0660, 0666"),
            ("socket: {path: [/a]}", 12, "must be a single value"),
            ("log: {level: loud}", 12, "must be one of trace, debug"),
            ("heartbeat:\n  suspect: 1s\n  interval: 1s", 13, "at least twice"),
            ("heartbeat: {dead: 2s}", 12, "longer than 'suspect'"),
            ("heartbeat: {interval: 5h}", 12, "must be a number with a unit"),
            ("heartbeat: {interval: 1ms}", 12, "must lie between"),
            ("node: c", 2, "given twice"),
            ("log: {level: [}", 12, "did not find"),
        ]
    )
    func mistakes(text: String, line: Int, words: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.parse(valid + text, file: "f.yaml")
        }
        #expect(error?.line == line, "\(String(describing: error))")
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(error?.description.hasPrefix("f.yaml:\(line): ") == true)
    }

    @Test(
        "What is required is asked for by name",
        arguments: ["cluster", "node", "listen", "state", "certificate", "key", "ca"]
    )
    func required(key: String) {
        let lines = valid.split(separator: "\n", omittingEmptySubsequences: false)
        let without = lines.filter { !$0.drop { $0 == " " }.hasPrefix(key + ":") }
            .joined(separator: "\n")
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.parse(without, file: "f")
        }
        #expect(error?.description.contains("\(key)' is missing") == true)
    }

    @Test(
        "A peer's address is host:port",
        arguments: ["", "a", ":1", "a:", "a:65536", "a:b", "::1:7", "[::1]", "a b:1"]
    )
    func badAddress(text: String) {
        #expect(PeerAddress(text) == nil)
    }

    @Test("An address reads back as it is written", arguments: ["a:1", "[::1]:7443", "1.2.3.4:80"])
    func goodAddress(text: String) {
        #expect(PeerAddress(text)?.description == text)
    }

    @Test("A peer named twice is refused at its line")
    func twice() {
        let text = valid.replacing("{name: b", with: "{name: a")
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.parse(text, file: "f")
        }
        #expect(error?.line == 6)
    }

    @Test("The example that is installed is accepted, with its optional keys too")
    func example() throws {
        let (path, text) = try deployed("distmld.yaml")
        let configuration = try Configuration.parse(text, file: path)
        #expect(configuration.heartbeat == .standard)
        #expect(configuration.peers.count == 2)
        let optional = ["crl", "tenants", "memory"]
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let key = line.drop { $0 == " " || $0 == "#" }.prefix { $0 != ":" }
            return optional.contains(String(key))
                ? String(line.replacing("# ", with: "")) : String(line)
        }
        let all = try Configuration.parse(lines.joined(separator: "\n"), file: path)
        #expect(all.tls.revocations != nil && all.tenants != nil)
        #expect(all.worker.memoryBytes == 4 << 30)
        let levels = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
        #expect(text.contains("  # \(levels)\n"), "every level that is accepted, and no other")
    }

    @Test("A reload checks the file that the unit's daemon reads before the daemon hears of it")
    func reload() throws {
        let (_, text) = try deployed("systemd/distmld.service")
        func values(_ key: String) -> [Substring] {
            text.split(separator: "\n").filter { $0.hasPrefix(key + "=") }
                .map { $0.dropFirst(key.count + 1) }
        }
        let program = try #require(values("ExecStart").first).split(separator: " ")
        let check = "\(program[0]) --check \(try #require(program.last))"
        #expect(values("ExecReload") == [check[...], "/bin/kill -HUP $MAINPID"])
    }

    private func deployed(_ name: String) throws -> (path: String, text: String) {
        let tests = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appending(path: "deploy/\(name)").path
        return (path, try String(contentsOfFile: path, encoding: .utf8))
    }

    @Test("A file that is not there is named")
    func absent() {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load("/nowhere/distmld.yaml")
        }
        #expect(error?.description == "/nowhere/distmld.yaml: No such file or directory")
    }
}
