import Collectives
import Domain
import Testing
import TLSTransport

@Suite("Binding a link to a seat")
struct RingHelloTests {
    let hello = RingHello(
        run: RunID(checked: "r-7k2m"),
        generation: Generation(3),
        sender: Rank(0),
        receiver: Rank(1),
        plan: ContentHash(bytes: [UInt8](repeating: 7, count: 32))
    )
    let exporter = [UInt8](repeating: 1, count: 32)
    let key = [UInt8](repeating: 2, count: 32)

    func payload(_ hello: RingHello, exporter: [UInt8], key: [UInt8]) -> [UInt8] {
        hello.encoded(code: hmacSHA256(key: key, message: hello.signedBytes(exporter: exporter)))
    }

    func refusal(of payload: [UInt8]) -> RingHelloError? {
        do throws(RingHelloError) {
            try hello.verify(payload, exporter: exporter) { hmacSHA256(key: key, message: $0) }
            return nil
        } catch {
            return error
        }
    }

    @Test("What is said with the key of the run over this connection is believed")
    func accepted() throws {
        let payload = payload(hello, exporter: exporter, key: key)
        #expect(refusal(of: payload) == nil)
        #expect(payload.count <= RingHello.encodedBytesMax)
        #expect(try RingHello.claim(in: payload) == hello)
        #expect(hello.answer.answer == hello)
    }

    @Test("Another key, another connection and a changed byte are not authentic")
    func notAuthentic() {
        let other = [UInt8](repeating: 3, count: 32)
        #expect(refusal(of: payload(hello, exporter: exporter, key: other)) == .notAuthentic)
        #expect(refusal(of: payload(hello, exporter: other, key: key)) == .notAuthentic)
        var forged = payload(hello, exporter: exporter, key: key)
        forged[forged.count - 40] ^= 1
        #expect(refusal(of: forged) == .notAuthentic)
    }

    @Test("An authentic hello for another seat, ring, run or plan is refused")
    func otherSeat() {
        var others = [RingHello](repeating: hello, count: 4)
        others[0].generation = Generation(2)
        others[1].sender = Rank(2)
        others[2].run = RunID(checked: "r-other")
        others[3].plan = ContentHash(bytes: [UInt8](repeating: 8, count: 32))
        for other in others + [hello.answer] {
            let error = refusal(of: payload(other, exporter: exporter, key: key))
            #expect(error == .otherSeat(expected: hello, claimed: other))
            #expect(error?.description.contains("generation 3") == true)
        }
    }

    @Test("Every other length and every other name is malformed")
    func malformed() {
        let good = payload(hello, exporter: exporter, key: key)
        for length in 0..<good.count {
            guard case .malformed = refusal(of: Array(good[..<length])) else {
                Issue.record("a payload cut to \(length) bytes was not malformed")
                continue
            }
        }
        guard case .malformed = refusal(of: good + [0]) else {
            Issue.record("a trailing byte was not malformed")
            return
        }
        var named = good
        named[8] = 0x0A
        guard case .malformed = refusal(of: named) else {
            Issue.record("a run's name with a line feed was not malformed")
            return
        }
    }
}
