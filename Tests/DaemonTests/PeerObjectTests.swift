import Collectives
import Domain
import Foundation
import TLSTransport
import Testing
import Transport

@testable import Daemon

private func name(_ text: String) -> NodeID { NodeID(checked: text) }

private func temporaryFile(_ bytes: [UInt8] = []) throws -> Int32 {
    var template = Array(
        (FileManager.default.temporaryDirectory.path + "/distml-XXXXXX").utf8CString
    )
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    unlink(template)
    if !bytes.isEmpty {
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        lseek(descriptor, 0, SEEK_SET)
    }
    return descriptor
}

private func contents(_ descriptor: Int32, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count + 1)
    let got = pread(descriptor, &bytes, bytes.count, 0)
    return Array(bytes.prefix(max(0, got)))
}

private struct Pair {
    let a: PeerNetwork
    let b: PeerNetwork

    init() throws {
        let certificates = try sharedCertificates.get()
        let ports = try freePorts(2)
        let all = ["a": ports[0], "b": ports[1]]
        func network(_ node: String) throws -> PeerNetwork {
            try PeerNetwork(
                try configuration(node, all, certificates),
                context: try certificates.context(node),
                log: LogRecorder().log().logger(node)
            )
        }
        a = try network("a")
        b = try network("b")
    }

    func run(_ body: () async throws -> Void) async throws {
        try a.start()
        try b.start()
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        let areGone = await (a.stop(within: .seconds(20)), b.stop(within: .seconds(20)))
        #expect(areGone == (true, true), "threads did not end")
        try result.get()
    }
}

@Suite("Objects and ring links between peers", .serialized)
struct PeerObjectTests {
    @Test("An object arrives whole, fetched or pushed", arguments: [0, 1, 65_536, 3_000_001])
    func objects(count: Int) async throws {
        let pair = try Pair()
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        pair.b.serveFetch("o") { node, payload async throws(PeerRefusal) in
            guard node == name("a"), payload == [9], let file = try? temporaryFile(bytes) else {
                throw PeerRefusal(code: 500, message: "no such object")
            }
            return ObjectSource(descriptor: file, bytes: count)
        }
        let target = try temporaryFile()
        pair.b.servePush("o") { _, _, _ in
            ObjectSink(descriptor: dup(target)) { isWhole in isWhole ? [1] : [0] }
        }
        try await pair.run {
            let file = try temporaryFile()
            let got = try await pair.a.fetch(name("b"), "o", [9], into: file, bytesMax: 1 << 30)
            #expect(got == count)
            #expect(contents(file, count) == bytes)
            let source = ObjectSource(descriptor: try temporaryFile(bytes), bytes: count)
            let answer = try await pair.a.push(name("b"), "o", [], from: source)
            #expect(answer == [1])
            #expect(contents(target, count) == bytes)
            await #expect(throws: PeerError.self) {
                try await pair.a.fetch(name("b"), "o", [8], into: file, bytesMax: 1)
            }
        }
    }

    @Test("An object that is larger than agreed, or that ends early, is refused")
    func failures() async throws {
        let pair = try Pair()
        pair.b.serveFetch("short") { _, _ async throws(PeerRefusal) in
            guard let file = try? temporaryFile([1, 2, 3]) else {
                throw PeerRefusal(code: 100, message: "no file")
            }
            return ObjectSource(descriptor: file, bytes: 4)
        }
        try await pair.run {
            let file = try temporaryFile()
            let long = PeerError.malformed(name("b"), reason: "4 bytes where 3 are taken")
            await #expect(throws: long) {
                try await pair.a.fetch(name("b"), "short", [], into: file, bytesMax: 3)
            }
            await #expect(throws: PeerError.self) {
                try await pair.a.fetch(name("b"), "short", [], into: file, bytesMax: 9)
            }
        }
    }

    @Test("A ring link reaches whoever waits for it, whoever is first", arguments: [true, false])
    func ring(waiterFirst: Bool) async throws {
        let pair = try Pair()
        let key = [UInt8](repeating: 1, count: 32)
        try await pair.run {
            async let first: RingLink = {
                if !waiterFirst { for _ in 0..<2_000 { await Task.yield() } }
                return try await pair.b.awaitRingLink(
                    hello,
                    from: name("a"),
                    key: key,
                    within: .seconds(5)
                )
            }()
            async let second: RingLink = {
                if waiterFirst { for _ in 0..<2_000 { await Task.yield() } }
                return try await pair.a.dialRing(
                    hello,
                    to: name("b"),
                    key: key,
                    within: .seconds(5)
                )
            }()
            let (accepted, dialled) = (try await first, try await second)
            guard var from = accepted.take(), var to = dialled.take() else {
                Issue.record("a link was not there")
                return
            }
            let another = accepted.take()
            if another != nil { Issue.record("a link was taken twice") }
            let deadline = Deadline.after(.seconds(5))
            try to.sendFrame(Frame(kind: 1, payload: [7, 8]), until: deadline)
            let frame = try from.receiveFrame(limit: 9, until: deadline)
            #expect(frame.payload == [7, 8])
        }
    }

    @Test("A ring link with another key, or from another node, is not handed over")
    func wrongRing() async throws {
        let pair = try Pair()
        let key = [UInt8](repeating: 1, count: 32)
        try await pair.run {
            let waiting = Task {
                try await pair.b.awaitRingLink(
                    hello,
                    from: name("a"),
                    key: key,
                    within: .milliseconds(600)
                )
            }
            await #expect(throws: PeerError.self) {
                try await pair.a.dialRing(
                    hello,
                    to: name("b"),
                    key: [UInt8](repeating: 2, count: 32),
                    within: .milliseconds(500)
                )
            }
            let error = await #expect(throws: PeerError.self) { try await waiting.value }
            #expect(error == .timedOut(name("a"), method: "ring link", limit: .milliseconds(600)))
        }
    }
}

private let hello = RingHello(
    run: RunID(checked: "r-1"),
    generation: Generation(1),
    sender: Rank(0),
    receiver: Rank(1),
    plan: ContentHash(bytes: [UInt8](repeating: 4, count: 32))
)
