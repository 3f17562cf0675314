import Domain
import Registers
import Testing

@Suite("The list of members")
struct MemberTests {
    private let key = RegisterKey("dataset/default/digits")
    private let d = NodeID(checked: "d")

    private func list(_ names: [String]) -> MemberList {
        MemberList(founding: names.map { NodeID(checked: $0) })
    }

    @Test("A list changes by one node, and only when it is settled")
    func steps() throws {
        let founding = list(["b", "a", "a"])
        #expect(founding.description == "#0 a, b")
        let more = try founding.adding(d)
        #expect(more.description == "#1 a, b, d" && !more.isSettled)
        #expect(more.fingerprint != founding.fingerprint)
        #expect(throws: MemberError.unsettled(sequence: 1)) { try more.adding(d) }
        #expect(throws: MemberError.unsettled(sequence: 1)) { try more.removing(d) }
        #expect(throws: MemberError.alreadyMember(NodeID(checked: "a"))) {
            try founding.adding(NodeID(checked: "a"))
        }
        #expect(throws: MemberError.notMember(d)) { try founding.removing(d) }
        #expect(throws: MemberError.lastMember(d)) { try list(["d"]).removing(d) }
        let full = list((0..<MemberList.countMax).map { "n\($0)" })
        #expect(throws: MemberError.full(limit: MemberList.countMax)) { try full.adding(d) }
        #expect(try MemberList(bytes: more.bytes) == more)
    }

    @Test("Nodes whose configurations name other members refuse each other, with both digests")
    func disagreement() throws {
        let table = Table(["a", "b", "c"])
        let others = ["a", "b", "c", "d"].map { NodeID(checked: $0) }
        for name in ["b", "c"] { table.seat(NodeID(checked: name), founding: others) }
        let outcome = try #require(table.ask("a", key, .read))
        guard case .unavailable(let reason) = outcome else { throw Unexpected(outcome) }
        let theirs = list(["a", "b", "c", "d"]).fingerprint
        let ours = list(["a", "b", "c"]).fingerprint
        #expect(reason.disagreeing == [others[1]: theirs, others[2]: theirs])
        #expect(reason.fingerprint == ours)
        #expect(
            reason.description.contains("node b has another member list (\(theirs), here \(ours))")
        )
    }

    @Test("A member is added by a majority of both lists, and everybody learns of it")
    func adding() throws {
        let table = Table(["a", "b", "c"])
        #expect(table.ask("a", key, .write(expecting: 0, [7]))?.bytes == [7])
        let founding = ["a", "b", "c"].map { NodeID(checked: $0) }
        table.seat(d, founding: founding)
        for _ in 0..<3 { table.tell(.tick, to: d) }
        let next = try list(["a", "b", "c"]).adding(d)
        table.away = [NodeID(checked: "c"), d]
        let early = try #require(table.ask("a", .members, .write(expecting: 0, next.bytes)))
        guard case .unknown = early else { throw Unexpected(early) }
        #expect(table.nodes[d]?.members == list(["a", "b", "c"]), "two of four is no majority")
        table.away = []
        #expect(table.ask("b", .members, .read)?.bytes == next.bytes)
        for node in founding + [d] { #expect(table.nodes[node]?.members == next) }
        table.away = [NodeID(checked: "a")]
        #expect(table.ask("d", key, .read)?.bytes == [7])
        table.away = [NodeID(checked: "a"), NodeID(checked: "b")]
        guard case .unavailable = table.ask("d", key, .read) else {
            Issue.record("two of four is no majority")
            return
        }
    }

    @Test("A node that slept through a change takes over the later list")
    func late() throws {
        let table = Table(["a", "b", "c"])
        let next = try list(["a", "b", "c"]).removing(NodeID(checked: "b"))
        table.away = [NodeID(checked: "b")]
        #expect(table.ask("a", .members, .write(expecting: 0, next.bytes))?.bytes == next.bytes)
        table.away = []
        _ = table.ask("b", key, .read)
        #expect(table.nodes[NodeID(checked: "b")]?.members == next)
        var settled = next
        settled.isSettled = true
        #expect(table.ask("c", .members, .write(expecting: 1, settled.bytes)) != nil)
        #expect(table.nodes[NodeID(checked: "a")]?.members.isSettled == true)
    }

    @Test("Renewing a register puts it on a majority of the present voters")
    func renew() throws {
        let table = Table(["a", "b", "c"])
        table.away = [NodeID(checked: "c")]
        #expect(table.ask("a", key, .write(expecting: 0, [7]))?.bytes == [7])
        table.away = [NodeID(checked: "a")]
        #expect(table.ask("c", key, .renew)?.bytes == [7])
        #expect(table.nodes[NodeID(checked: "c")]?.keys == [key])
        #expect(table.ask("c", RegisterKey("none"), .renew) == .committed(nil))
    }
}
