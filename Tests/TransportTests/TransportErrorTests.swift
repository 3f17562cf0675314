import Glibc
import Testing
import Transport

@Suite("What the operator reads of a broken link")
struct TransportErrorTests {
    @Test(
        "Every error is one line that names the peer",
        arguments: [
            (
                TransportError.timedOut(peer: "node b", limit: .seconds(5)),
                "node b did not answer for 5 s"
            ),
            (.timedOut(peer: "b", limit: .milliseconds(250)), "b did not answer for 250 ms"),
            (.timedOut(peer: "b", limit: .milliseconds(1500)), "b did not answer for 1.5 s"),
            (.closedByPeer(peer: "b"), "b closed the link"),
            (.refusedByPeer(peer: "b", alert: "unknown CA"), "refused by b: unknown CA"),
            (.untrusted(peer: "b", reason: "expired"), "b is not trusted: expired"),
            (.violation(peer: "b", reason: "bad record"), "b broke the protocol: bad record"),
            (
                .frameTooLong(peer: "b", bytes: 9, limit: 8),
                "b announced a frame of 9 bytes where at most 8 are taken"
            ),
            (.unknownHost(host: "h", reason: "none"), "no address for host h: none"),
            (.system(call: "connect", errno: ECONNREFUSED), "connect: Connection refused"),
        ]
    )
    func description(error: TransportError, text: String) {
        #expect(error.description == text)
    }
}
