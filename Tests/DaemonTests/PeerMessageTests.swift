import Domain
import Testing
import Transport
import Wire

@testable import Daemon

private let samples: [PeerMessage] = [
    .hello(PeerHello(version: "1", instance: 7, purpose: .fetch)),
    .heartbeat(number: 1, wallClock: 2.5, counters: ["r-1": 9, "r-2": 0]),
    .heartbeatAnswer(number: .max, wallClock: -1),
    .call(id: 3, method: "x.y", payload: [1, 2, 3]),
    .answer(id: 3, payload: []),
    .refusal(id: 4, PeerRefusal(code: -32601, message: "no")),
    .open(method: "o", payload: [0], bytes: 1 << 40),
    .data([5, 6]),
    .end(payload: [7]),
    .withdrawal(id: 8),
]

@Suite("What daemons say to each other")
struct PeerMessageTests {
    @Test("Every message reads back as it was written", arguments: samples)
    func roundTrip(message: PeerMessage) throws {
        #expect(try PeerMessage(message.frame) == message)
    }

    @Test("Cut short it is refused, at every byte", arguments: samples)
    func truncated(message: PeerMessage) throws {
        let frame = message.frame
        guard frame.kind != 8 else { return }
        for count in 0..<frame.payload.count {
            let cut = Frame(kind: frame.kind, payload: Array(frame.payload[..<count]))
            #expect(throws: WireError.self) { try PeerMessage(cut) }
        }
        let long = Frame(kind: frame.kind, payload: frame.payload + [0])
        #expect(throws: WireError.self) { try PeerMessage(long) }
    }

    @Test("Ten thousand random frames are refused or read, and nothing else happens")
    func random() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            let count = Int.random(in: 0...64, using: &generator)
            let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let frame = Frame(kind: UInt8.random(in: 0...12, using: &generator), payload: payload)
            _ = try? PeerMessage(frame)
        }
    }

    @Test("Frames come out whole, however the bytes arrive", arguments: [1, 3, 7, 1_000])
    func frames(step: Int) throws {
        let bytes = samples.flatMap { $0.frame.encoded }
        var buffer = FrameBuffer(limit: 1_024)
        var messages: [PeerMessage] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            buffer.append(bytes[start..<min(start + step, bytes.count)])
            while let frame = try buffer.next(from: "b") { messages.append(try PeerMessage(frame)) }
        }
        #expect(messages == samples)
    }

    @Test("A frame that claims too much is refused from its header", arguments: [1_025, 1 << 31])
    func tooLong(count: UInt32) throws {
        var buffer = FrameBuffer(limit: 1_024)
        buffer.append([
            UInt8(count & 255), UInt8(count >> 8 & 255), UInt8(count >> 16 & 255),
            UInt8(count >> 24), 1,
        ])
        #expect(throws: TransportError.frameTooLong(peer: "b", bytes: Int(count), limit: 1_024)) {
            try buffer.next(from: "b")
        }
    }
}
