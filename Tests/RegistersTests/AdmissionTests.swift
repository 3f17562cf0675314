import Domain
import Registers
import Testing

@Suite("Who may vote")
struct AdmissionTests {
    private let members = ["a", "b", "c"].map { NodeID(checked: $0) }
    private let a = NodeID(checked: "a")
    private let b = NodeID(checked: "b")
    private let c = NodeID(checked: "c")
    private let key = RegisterKey("dataset/default/digits")

    @Test("A new cluster votes once everybody was heard, not before")
    func founding() {
        let table = Table([])
        for node in members { table.seat(node, founding: members) }
        table.away = [c]
        for _ in 0..<3 { for node in [a, b] { table.tell(.tick, to: node) } }
        #expect(table.nodes[a]?.isVoting == false)
        #expect(table.nodes[a]?.awaited == [c])
        table.away = []
        for _ in 0..<2 { for node in members { table.tell(.tick, to: node) } }
        #expect(table.isSettled)
    }

    @Test("A node that starts again votes with a majority in reach, after one round of patience")
    func restart() {
        let table = Table(["a", "b", "c"])
        table.away = [c]
        table.seat(a, founding: members)
        table.tell(.tick, to: a)
        #expect(table.nodes[a]?.isVoting == false)
        table.tell(.tick, to: a)
        #expect(table.nodes[a]?.isVoting == true && table.nodes[a]?.isSettled == false)
    }

    @Test(
        "A replaced node reads every register from the others before it votes",
        arguments: [1, 400]
    )
    func replaced(count: Int) {
        let table = Table(["a", "b", "c"])
        for number in 0..<count {
            let key = RegisterKey("dataset/default/d\(number)")
            #expect(table.ask("a", key, .write(expecting: 0, [7]))?.bytes == [7])
        }
        table.disks[c] = nil
        table.seat(c, founding: members)
        table.away = [b]
        for _ in 0..<3 { table.tell(.tick, to: c) }
        #expect(table.nodes[c]?.isVoting == false, "one of two others is no majority")
        table.away = []
        for _ in 0..<3 { table.tell(.tick, to: c) }
        #expect(table.nodes[c]?.isVoting == true)
        #expect(table.nodes[c]?.keys.count == count)
        #expect(table.disks[c]?.standing?.standing.incarnation == 2)
        table.away = [a]
        #expect(table.ask("b", RegisterKey("dataset/default/d0"), .read)?.bytes == [7])
    }

    @Test("A disk that went back in time is found out by those who counted its votes")
    func rolledBack() {
        let table = Table(["a", "b", "c"])
        let old = table.disks[b]
        table.away = [c]
        #expect(table.ask("a", key, .write(expecting: 0, [7]))?.bytes == [7])
        table.away = []
        table.disks[b] = old
        table.seat(b, founding: members)
        for _ in 0..<3 { table.tell(.tick, to: b) }
        #expect(table.nodes[b]?.isVoting == true)
        #expect(table.disks[b]?.standing?.standing.incarnation == 2, "it was admitted anew")
        table.away = [a]
        #expect(table.ask("c", key, .read)?.bytes == [7])
    }

    @Test("A cluster whose disks were all moved goes on, for nobody remembers more than they do")
    func moved() {
        let table = Table(["a", "b", "c"])
        #expect(table.ask("a", key, .write(expecting: 0, [7]))?.bytes == [7])
        for node in members { table.seat(node, founding: members, isCopied: true) }
        for _ in 0..<3 { for node in members { table.tell(.tick, to: node) } }
        #expect(table.isSettled)
        #expect(table.ask("b", key, .read)?.bytes == [7])
    }

    @Test("A vote of an earlier incarnation does not count any more")
    func stale() throws {
        let table = Table(["a", "b", "c"])
        #expect(table.ask("b", key, .write(expecting: 0, [1]))?.bytes == [1])
        let id = try #require(table.operation(at: a))
        var held: [(UInt64, RegisterReply)] = []
        for case .send(c, let number, let request)
            in table.actions(.operate(id, key, .members, .read), at: a)
        {
            let reply = try #require(table.reply(of: c, to: request, from: a))
            held.append((number, reply))
        }
        table.disks[c] = nil
        table.seat(c, founding: members)
        for _ in 0..<3 { table.tell(.tick, to: c) }
        #expect(table.disks[c]?.standing?.standing.incarnation == 2)
        for (number, reply) in held { table.tell(.reply(from: c, request: number, reply), to: a) }
        #expect(held.count == 1 && table.outcomes[id] == nil)
    }

    @Test("A vote that was under way when its node started again does not count")
    func underWay() throws {
        let table = Table(["a", "b", "c"])
        let old = table.disks[c]
        let id = try #require(table.operation(at: a))
        for case .send(c, let number, let request)
            in table.actions(.operate(id, key, .members, .read), at: a)
        {
            let reply = try #require(table.reply(of: c, to: request, from: a))
            // Nobody has counted that vote when the disk goes back.
            table.disks[c] = old
            table.seat(c, founding: members)
            table.tell(.tick, to: c)
            #expect(table.nodes[c]?.isVoting == true)
            table.tell(.reply(from: c, request: number, reply), to: a)
        }
        #expect(table.outcomes[id] == nil)
        #expect(table.resting.isEmpty, "the other voter may still answer")
    }
}
