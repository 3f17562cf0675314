import Domain
import Registers
import Testing

@Suite("One register at a time")
struct RegisterTests {
    private let key = RegisterKey.dataset(DatasetName(checked: "digits"), of: .default)

    @Test("A name can be claimed once, and again after a tombstone")
    func claim() throws {
        let table = Table(["a", "b", "c"])
        let first = NameRegister.dataset(DatasetVersion(hash: hash(1), addedAt: 10)).bytes
        let second = NameRegister.dataset(DatasetVersion(hash: hash(2), addedAt: 20)).bytes
        let claimed = try #require(table.ask("a", key, .write(expecting: 0, first)))
        #expect(claimed.bytes == first)
        let refused = try #require(table.ask("b", key, .write(expecting: 0, second)))
        guard case .conflict(let value) = refused else { throw Unexpected(refused) }
        #expect(value?.bytes == first && value?.version == 1)
        let buried = table.ask("c", key, .write(expecting: 1, NameRegister.tombstone.bytes))
        #expect(buried?.bytes == NameRegister.tombstone.bytes)
        #expect(table.ask("b", key, .write(expecting: 2, second))?.bytes == second)
        for node in ["a", "b", "c"] { #expect(table.ask(node, key, .read)?.bytes == second) }
    }

    @Test("Without a majority nothing is done, and the silent are named")
    func noMajority() throws {
        let table = Table(["a", "b", "c"])
        table.away = [NodeID(checked: "b"), NodeID(checked: "c")]
        let outcome = try #require(table.ask("a", key, .write(expecting: 0, [1])))
        guard case .unavailable(let reason) = outcome else { throw Unexpected(outcome) }
        #expect(reason.description == "no majority: no vote from b, c")
        table.away = []
        #expect(table.ask("b", key, .read) == .committed(nil))
    }

    @Test("A write that lost its majority on the way is unknown, and may be there later")
    func unknown() throws {
        let table = Table(["a", "b", "c"])
        let a = NodeID(checked: "a")
        let (b, c) = (NodeID(checked: "b"), NodeID(checked: "c"))
        let id = try #require(table.operation(at: a))
        // One promise comes back, and after that nobody hears anything any more.
        let actions = table.actions(.operate(id, key, .members, .write(expecting: 0, [7])), at: a)
        for case .send(b, let number, let request) in actions {
            let reply = try #require(table.reply(of: b, to: request, from: a))
            table.away = [b, c]
            table.tell(.reply(from: b, request: number, reply), to: a)
        }
        table.tell(.expire(id), to: a)
        let outcome = try #require(table.outcomes[id])
        guard case .unknown = outcome else { throw Unexpected(outcome) }
        table.away = []
        #expect(table.ask("a", key, .read)?.bytes == [7])
    }

    @Test("The register of a run is decided by its seats alone")
    func seats() throws {
        let table = Table(["a", "b", "c", "d", "e"])
        let run = RegisterKey.run(RunID(checked: "r-7k2m"))
        let seats = Electorate.seats([NodeID(checked: "a"), NodeID(checked: "b")])
        table.away = [NodeID(checked: "c"), NodeID(checked: "d"), NodeID(checked: "e")]
        #expect(table.ask("a", run, .write(expecting: 0, [1]), among: seats)?.bytes == [1])
        table.away = []
        #expect(table.ask("e", run, .read, among: seats)?.bytes == [1])
        let others = Electorate.seats([NodeID(checked: "a"), NodeID(checked: "c")])
        let outcome = try #require(table.ask("a", run, .read, among: others))
        guard case .unavailable(let reason) = outcome else { throw Unexpected(outcome) }
        #expect(reason.description.contains("node a has another member list"))
    }

    @Test("What is promised and accepted outlives the daemon")
    func restart() {
        let table = Table(["a", "b", "c"])
        #expect(table.ask("a", key, .write(expecting: 0, [1]))?.bytes == [1])
        let members = ["a", "b", "c"].map { NodeID(checked: $0) }
        for node in members { table.seat(node, founding: members) }
        #expect(!table.isSettled)
        for node in members { table.tell(.tick, to: node) }
        #expect(table.isSettled)
        #expect(table.ask("c", key, .read)?.bytes == [1])
    }
}

/// The answer that a test did not expect.
struct Unexpected: Error {
    let outcome: RegisterOutcome

    init(_ outcome: RegisterOutcome) { self.outcome = outcome }
}

func hash(_ byte: UInt8) -> ContentHash {
    ContentHash(bytes: Array(repeating: byte, count: 32))
}

extension RegisterOutcome {
    /// What was committed; nil for any other outcome.
    var bytes: [UInt8]? {
        if case .committed(let value) = self { value?.bytes } else { nil }
    }
}
