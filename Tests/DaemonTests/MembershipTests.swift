import ControlAPI
import Domain
import Testing

@testable import Daemon

private let b = NodeID(checked: "b")
private let second: Int64 = 1_000_000_000

private func membership() -> Membership {
    Membership(peers: [b], heartbeat: .standard, now: 0)
}

@Suite("Who is alive")
struct MembershipTests {
    @Test("A peer is suspect until it was reached, and dead if that takes too long")
    func start() {
        var membership = membership()
        #expect(membership.members[b]?.state == .suspect)
        #expect(membership.handle(.tick, at: 5 * second) == [])
        let unreachable = Membership.Event.unreachable(b, reason: "no route", isRefused: false)
        #expect(membership.handle(unreachable, at: 5 * second) == [])
        let actions = membership.handle(.tick, at: 6 * second)
        #expect(actions == [.changed(b, to: .dead, reason: "no route")])
        #expect(membership.handle(.tick, at: 7 * second) == [])
    }

    @Test("A link that stands makes it alive, from whatever state")
    func connected() {
        var membership = membership()
        _ = membership.handle(.tick, at: 6 * second)
        let alive = membership.handle(.connected(b), at: 7 * second)
        #expect(alive == [.changed(b, to: .alive, reason: nil)])
        #expect(membership.members[b]?.reason == nil)
    }

    @Test("Silence makes it suspect, then dead, and the link is dropped")
    func silence() {
        var membership = membership()
        _ = membership.handle(.connected(b), at: 0)
        #expect(membership.handle(.tick, at: 3 * second - 1) == [])
        let suspect = membership.handle(.tick, at: 3 * second)
        #expect(suspect == [.changed(b, to: .suspect, reason: "silent for 3.0 s")])
        #expect(membership.handle(.tick, at: 4 * second) == [])
        let dead = membership.handle(.tick, at: 6 * second + second / 5)
        let reason = "silent for 6.2 s"
        #expect(dead == [.changed(b, to: .dead, reason: reason), .drop(b, reason: reason)])
        #expect(membership.handle(.disconnected(b, reason: "x"), at: 7 * second) == [])
        #expect(membership.members[b]?.reason == reason)
    }

    @Test("A word before the end of patience makes it alive again")
    func recovered() {
        var membership = membership()
        _ = membership.handle(.connected(b), at: 0)
        _ = membership.handle(.tick, at: 4 * second)
        let alive = membership.handle(.heard(b), at: 5 * second)
        #expect(alive == [.changed(b, to: .alive, reason: nil)])
        #expect(membership.handle(.tick, at: 7 * second) == [])
    }

    @Test("A lost link leaves a second for a new one")
    func lost() {
        var membership = membership()
        _ = membership.handle(.connected(b), at: 0)
        let lost = membership.handle(.disconnected(b, reason: "b closed the link"), at: second)
        #expect(lost == [.changed(b, to: .suspect, reason: "b closed the link")])
        #expect(membership.handle(.tick, at: 2 * second - 1) == [])
        var other = membership
        #expect(other.handle(.connected(b), at: 2 * second - 1).count == 1)
        #expect(other.handle(.tick, at: 3 * second) == [])
        let dead = membership.handle(.tick, at: 2 * second)
        #expect(dead == [.changed(b, to: .dead, reason: "b closed the link")])
    }

    @Test("Where nobody listens any longer it is dead at once")
    func refused() {
        var membership = membership()
        _ = membership.handle(.connected(b), at: 0)
        _ = membership.handle(.disconnected(b, reason: "closed"), at: second)
        let event = Membership.Event.unreachable(b, reason: "refused", isRefused: true)
        let dead = membership.handle(event, at: second + 1)
        #expect(dead == [.changed(b, to: .dead, reason: "refused")])
    }

    @Test("Where nobody listens yet it may still come")
    func notYet() {
        var membership = membership()
        let event = Membership.Event.unreachable(b, reason: "refused", isRefused: true)
        #expect(membership.handle(event, at: second) == [])
        #expect(membership.members[b]?.state == .suspect)
        let dead = membership.handle(.tick, at: 6 * second)
        #expect(dead == [.changed(b, to: .dead, reason: "refused")])
    }

    @Test("What is late or of strangers changes nothing")
    func strangers() {
        var membership = membership()
        let stranger = NodeID(checked: "z")
        #expect(membership.handle(.connected(stranger), at: 0) == [])
        #expect(membership.handle(.heard(b), at: 1) == [], "no link stands")
        #expect(membership.handle(.disconnected(b, reason: "x"), at: 1) == [])
        _ = membership.handle(.connected(b), at: 2)
        let event = Membership.Event.unreachable(b, reason: "x", isRefused: true)
        #expect(membership.handle(event, at: 3) == [], "another try failed while a link stands")
        #expect(membership.members[b]?.state == .alive)
    }
}
