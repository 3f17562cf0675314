import ControlAPI
import Domain
import Foundation
import Glibc
import Synchronization
import Testing
import Transport

@testable import Daemon

private enum Echo: ControlAPI.Method {
    static let name = "test.echo"
    static let role = Role.viewer
    struct Params: Codable, Sendable { var text: String }
    typealias Reply = String
}

private enum Secret: ControlAPI.Method {
    static let name = "test.secret"
    static let role = Role.clusterOperator
    typealias Params = Empty
    typealias Reply = String
}

private enum Hang: ControlAPI.Method {
    static let name = "test.hang"
    static let role = Role.viewer
    typealias Params = Empty
    typealias Reply = String
}

private enum Files: ControlAPI.Method {
    static let name = "test.files"
    static let role = Role.viewer
    static let descriptors = 1...3
    typealias Params = Empty
    typealias Reply = [String]
}

private enum Count: StreamMethod {
    static let name = "test.count"
    static let role = Role.viewer
    struct Params: Codable, Sendable { var count: Int }
    struct Item: Codable, Sendable {
        var number: Int
        var filling: String
    }
    typealias Reply = Int
}

private struct EchoHandler: Handler {
    typealias M = Echo
    func handle(_ params: Echo.Params, for call: ControlCall) async throws(RPCError) -> String {
        if params.text == "no" { throw RPCError(.notFound, "there is no 'no'", hint: "say yes") }
        return params.text
    }
}

private struct SecretHandler: Handler {
    typealias M = Secret
    func handle(_ params: Empty, for call: ControlCall) async throws(RPCError) -> String { "s" }
}

private struct HangHandler: Handler {
    typealias M = Hang
    let cancelled: Flag
    func handle(_ params: Empty, for call: ControlCall) async throws(RPCError) -> String {
        cancelled.begin()
        for await _ in AsyncStream<Int>.makeStream().stream {}
        cancelled.raise()
        return "?"
    }
}

private struct FilesHandler: Handler {
    typealias M = Files
    func handle(_ params: Empty, for call: ControlCall) async throws(RPCError) -> [String] {
        call.descriptors.map { descriptor in
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = descriptor.withDescriptor { pread($0, &bytes, 16, 0) } ?? 0
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
    }
}

private struct CountHandler: StreamHandler {
    typealias M = Count
    func handle(
        _ params: Count.Params,
        for call: ControlCall,
        telling items: ItemSink<Count.Item>
    ) async throws(RPCError) -> Int {
        for number in 0..<params.count {
            let filling = String(repeating: "x", count: 10_000)
            try await items.send(Count.Item(number: number, filling: filling))
        }
        return params.count
    }
}

private final class Flag: Sendable {
    private let state = Mutex((begun: 0, raised: 0))
    func begin() { state.withLock { $0.begun += 1 } }
    func raise() { state.withLock { $0.raised += 1 } }
    var begun: Int { state.withLock { $0.begun } }
    var raised: Int { state.withLock { $0.raised } }
}

private struct Server {
    let path: String
    let server: ControlServer
    let hangs = Flag()
    let log = LogRecorder()

    init(mapping: CallerMapping? = nil, limits: ControlLimits = .standard) throws {
        path = FileManager.default.temporaryDirectory.path + "/distml-\(UUID().uuidString).sock"
        var table = MethodTable()
        table.add(EchoHandler())
        table.add(SecretHandler())
        table.add(HangHandler(cancelled: hangs))
        table.add(FilesHandler())
        table.add(CountHandler())
        server = try ControlServer(
            .init(path: path, mode: 0o600, group: nil),
            table: table,
            mapping: mapping ?? CallerMapping(group: getegid(), ownUser: geteuid()),
            limits: limits,
            log: log.log().logger("control")
        )
    }
}

private func withServer(
    mapping: CallerMapping? = nil,
    limits: ControlLimits = .standard,
    _ body: (Server) async throws -> Void
) async throws {
    let server = try Server(mapping: mapping, limits: limits)
    try server.server.start()
    let result: Result<Void, any Error>
    do { result = .success(try await body(server)) } catch { result = .failure(error) }
    await server.server.stop(within: .milliseconds(200))
    try await wait(for: "the end of the server") { server.server.currentPhase == .ended }
    #expect(access(server.path, F_OK) != 0, "the socket was left behind")
    try result.get()
}

@Suite("The control socket", .serialized)
struct ControlServerTests {
    @Test("Requests are answered, and refused with code, message and hint")
    func answers() async throws {
        try await withServer { server in
            let client = try TestClient(server.path)
            #expect(
                try await client.ask("test.echo", params: #"{"text":"ü"}"#)["result"] as? String
                    == "ü"
            )
            let no = try await client.ask("test.echo", params: #"{"text":"no"}"#, id: 2)
            #expect(code(no) == 500)
            #expect(no["id"] as? Int == 2)
            let data = (no["error"] as? [String: Any])?["data"] as? [String: Any]
            #expect(data?["hint"] as? String == "say yes")
            #expect(code(try await client.ask("test.unknown")) == -32601)
            #expect(code(try await client.ask("test.echo", params: #"{"txt":1}"#)) == -32602)
            #expect(try await client.ask("test.secret")["result"] as? String == "s")
        }
    }

    @Test("A verb above the caller's role is refused before its parameters are read")
    func role() async throws {
        // Another own user: whoever runs the test is a viewer then, unless it is root.
        let mapping = CallerMapping(group: .max - 2, ownUser: .max - 2)
        try await withServer(mapping: mapping) { server in
            let client = try TestClient(server.path)
            let answer = try await client.ask("test.secret", params: #"{"un":"read"}"#)
            #expect(code(answer) == (geteuid() == 0 ? nil : 400))
            #expect(try await client.ask("test.echo", params: #"{"text":"a"}"#)["result"] != nil)
        }
    }

    @Test("Descriptors reach the verb they came with, and no other")
    func descriptors() async throws {
        try await withServer { server in
            let client = try TestClient(server.path)
            let files = try ["one", "two"].map { text in
                var template = Array("/tmp/distml-XXXXXX".utf8CString)
                let file = mkstemp(&template)
                try #require(file >= 0)
                unlink(template)
                _ = write(file, text, text.utf8.count)
                return file
            }
            defer { for file in files { close(file) } }
            let ask = #"{"jsonrpc":"2.0","id":1,"method":"test.files"}"#
            client.send(ask, descriptors: files)
            #expect(try await client.line()?.contains(#"["one","two"]"#) == true)
            #expect(code(try await client.ask("test.files")) == 200, "none came with this one")
            let echo = #"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"text":"e"}}"#
            client.send(echo, descriptors: files)
            #expect(try await client.line()?.contains(#""result":"e""#) == true)
            #expect(
                code(try await client.ask("test.files")) == 200,
                "those of the echo were closed"
            )
            // Two lines in one go: the descriptors are for the second.
            client.send(echo + "\n" + ask, descriptors: [files[1]])
            #expect(try await client.line()?.contains(#""result""#) == true)
            #expect(try await client.line()?.contains(#"["two"]"#) == true)
        }
    }

    @Test("A flood of descriptors ends the connection and leaks none")
    func descriptorFlood() async throws {
        try await withServer { server in
            let before = try openDescriptors()
            for _ in 0..<5 {
                let client = try TestClient(server.path)
                client.send(Array("{".utf8), descriptors: [Int32](repeating: 0, count: 17))
                #expect(try await client.line() == nil)
            }
            // A few that the process opened for itself meanwhile are not the 85 that came.
            try await wait(for: "all closed") { try openDescriptors() <= before + 8 }
        }
    }

    @Test("A stream's items come before its answer, however slowly they are read")
    func stream() async throws {
        try await withServer { server in
            let client = try TestClient(server.path)
            client.send(
                #"{"jsonrpc":"2.0","id":5,"method":"test.count","params":{"count":400}}"#
            )
            // Four megabytes wait: others are served meanwhile.
            let other = try TestClient(server.path)
            #expect(try await other.ask("test.echo", params: #"{"text":"a"}"#)["result"] != nil)
            for number in 0..<400 {
                let line = try #require(try await client.line())
                #expect(line.contains(#""number":\#(number)}"#) && line.contains(#""id":5"#))
            }
            #expect(try await client.line()?.contains(#""result":400"#) == true)
        }
    }

    @Test("Whoever hangs up ends what goes on for him")
    func hangUp() async throws {
        try await withServer { server in
            do {
                let client = try TestClient(server.path)
                client.send(#"{"jsonrpc":"2.0","id":1,"method":"test.hang"}"#)
                try await wait(for: "the call") { server.hangs.begun == 1 }
            }
            try await wait(for: "its end") { server.hangs.raised == 1 }
        }
    }

    @Test("A client that has closed its writing half still gets its answers")
    func halfClosed() async throws {
        try await withServer { server in
            let client = try TestClient(server.path)
            let echo = #"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"text":"e"}}"#
            for _ in 0..<150 { client.send(echo) }
            client.finishWriting()
            for _ in 0..<150 {
                #expect(try await client.line()?.contains(#""result":"e""#) == true)
            }
            #expect(try await client.line() == nil)
        }
    }

    @Test("A line beyond a megabyte is refused when it gets there, not when it ends")
    func longLine() async throws {
        try await withServer { server in
            let client = try TestClient(server.path)
            let piece = [UInt8](repeating: 0x20, count: 64 << 10)
            for _ in 0..<17 { client.send(piece) }
            #expect(try await client.line()?.contains("longer than 1048576 bytes") == true)
            #expect(try await client.line() == nil)
        }
    }

    @Test("More connections than one user may have are turned away, and room is made again")
    func connections() async throws {
        try await withServer { server in
            var clients = try (0..<32).map { _ in try TestClient(server.path) }
            let echo = #"{"text":"a"}"#
            #expect(try await clients[31].ask("test.echo", params: echo)["result"] != nil)
            let surplus = try TestClient(server.path)
            #expect(try await surplus.line()?.contains("too many connections") == true)
            #expect(try await surplus.line() == nil)
            clients.removeFirst()
            try await wait(for: "room") {
                let next = try TestClient(server.path)
                return (try? await next.ask("test.echo", params: echo)["result"]) != nil
            }
        }
    }

    @Test("A user who asks too often waits; nothing is lost")
    func throttled() async throws {
        try await withServer { server in
            let client = try TestClient(server.path)
            let begin = ContinuousClock.now
            let echo = #"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"text":"e"}}"#
            let lines = String(repeating: echo + "\n", count: 300)
            client.send(Array(lines.utf8))
            for _ in 0..<300 { #expect(try await client.line()?.contains("result") == true) }
            #expect(ContinuousClock.now - begin > .milliseconds(400), "100 beyond the first 200")
        }
    }

    @Test("Whoever never ends his line is dropped, and others are served meanwhile")
    func slow() async throws {
        var limits = ControlLimits.standard
        limits.line = .milliseconds(300)
        try await withServer(limits: limits) { server in
            let slow = try (0..<20).map { _ in try TestClient(server.path) }
            let begin = ContinuousClock.now
            for client in slow { client.send(Array("{".utf8)) }
            let other = try TestClient(server.path)
            #expect(try await other.ask("test.echo", params: #"{"text":"a"}"#)["result"] != nil)
            // A byte now and then does not buy time.
            for client in slow { client.send(Array(" ".utf8)) }
            for client in slow { #expect(try await client.line() == nil) }
            let took = ContinuousClock.now - begin
            #expect(took > .milliseconds(250) && took < .seconds(9), "not the time for other lines")
            #expect(try await other.ask("test.echo", params: #"{"text":"a"}"#)["result"] != nil)
        }
    }

    @Test("Ten thousand malformed lines do no harm")
    func malformed() async throws {
        var limits = ControlLimits.standard
        limits.requestsPerSecond = 1e6
        try await withServer(limits: limits) { server in
            var generator = SplitMix(seed: 22)
            for _ in 0..<20 {
                let client = try TestClient(server.path)
                var bytes: [UInt8] = []
                for _ in 0..<500 { bytes += malformedLine(&generator) + [0x0A] }
                // Nobody reads the answers; the server must not mind.
                for start in stride(from: 0, to: bytes.count, by: 4_096) {
                    client.send(Array(bytes[start..<min(start + 4_096, bytes.count)]))
                }
            }
            try await wait(for: "an answer to somebody else") {
                let client = try TestClient(server.path)
                return try await client.ask("test.echo", params: #"{"text":"a"}"#)["result"] != nil
            }
        }
    }

    @Test("The socket of a daemon that was killed is taken over, one that is answered is not")
    func takeOver() async throws {
        try await withServer { server in
            #expect(throws: ControlSocketError.taken(path: server.path)) {
                let second = try ControlSocket(.init(path: server.path, mode: 0o600, group: nil))
                _ = consume second
            }
        }
        let path = FileManager.default.temporaryDirectory.path + "/distml-\(UUID().uuidString)"
        let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(withUnixAddress(path) { bind(left, $0, $1) } == 0)
        close(left)
        let again = try ControlSocket(.init(path: path, mode: 0o600, group: nil))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        _ = consume again
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        #expect(throws: ControlSocketError.notASocket(path: path)) {
            let third = try ControlSocket(.init(path: path, mode: 0o600, group: nil))
            _ = consume third
        }
        unlink(path)
    }
}

private func openDescriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}
