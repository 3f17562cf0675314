import TLSTransport
import Testing

@Suite("How many strangers may be at the door")
struct HandshakeQuotaTests {
    @Test("Four handshakes from one host and thirty-two altogether")
    func quota() {
        var quota = HandshakeQuota()
        let first = (0..<8).flatMap { host in (0..<4).map { _ in quota.enter("10.0.0.\(host)") } }
        #expect(first == Array(repeating: true, count: 32))
        let full = quota.enter("10.0.0.9")
        quota.leave("10.0.0.0")
        let hostFull = quota.enter("10.0.0.1")
        let free = quota.enter("10.0.0.9")
        let fullAgain = quota.enter("10.0.0.9")
        #expect([full, hostFull, free, fullAgain] == [false, false, true, false])
    }

    @Test("A host that was turned away is not counted")
    func turnedAway() {
        var quota = HandshakeQuota(totalMax: 9, perHostMax: 1)
        let verdicts = (0..<20).map { _ in quota.enter("a") }
        quota.leave("a")
        let again = quota.enter("a")
        #expect(verdicts == [true] + Array(repeating: false, count: 19))
        #expect(again)
    }
}
