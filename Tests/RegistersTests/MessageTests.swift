import Domain
import Registers
import Testing
import Wire

@Suite("Messages and values as bytes")
struct MessageTests {
    private static let key = RegisterKey("run/r-7k2m")
    private static let node = NodeID(checked: "a")
    private static let ballot = Ballot(counter: 9, node: node)
    private static let proposal = Proposal(
        ballot: ballot,
        value: RegisterValue(
            version: 3,
            writer: OperationID(node: node, number: 77),
            bytes: [1, 2, 3]
        )
    )

    private static let requests: [RegisterRequest.Body] = [
        .prepare(key, ballot, .members(sequence: 4, Fingerprint(bits: 5))),
        .accept(key, proposal, .seats([node, NodeID(checked: "b")])),
        .standing,
        .claim(incarnation: 3),
        .registers(incarnation: 3, after: key),
        .registers(incarnation: 3, after: nil),
        .members(MemberList(founding: [node])),
    ]

    @Test("Requests survive the wire", arguments: requests)
    func request(body: RegisterRequest.Body) throws {
        let standing = Standing(incarnation: 2, sequence: 8)
        let request = RegisterRequest(standing: standing, body: body)
        #expect(try RegisterRequest(bytes: request.bytes) == request)
        for count in 0..<request.bytes.count {
            #expect(throws: WireError.self) {
                try RegisterRequest(bytes: Array(request.bytes.prefix(count)))
            }
        }
        #expect(throws: WireError.trailing(count: 1)) {
            try RegisterRequest(bytes: request.bytes + [0])
        }
    }

    @Test("Replies survive the wire, and so does whatever a node answers")
    func replies() throws {
        let table = Table(["a", "b", "c"])
        #expect(table.ask("b", Self.key, .write(expecting: 0, [7])) != nil)
        let members = ["a", "b", "c"].map { NodeID(checked: $0) }
        let others = Table(["a", "c"])
        let blank = Table([])
        blank.seat(members[2], founding: members)
        var kinds: Set<UInt8> = []
        for body in Self.requests + [
            .prepare(RegisterKey("x"), Self.ballot, scope(members)),
            .accept(RegisterKey("y"), Self.proposal, scope(members)),
            .prepare(RegisterKey("x"), Self.ballot, scope(members)),
            .claim(incarnation: 1),
        ] {
            let request = RegisterRequest(standing: .none, body: body)
            for table in [table, others, blank] {
                let reply = try #require(
                    table.reply(of: members[2], to: request, from: Self.node)
                )
                #expect(try RegisterReply(bytes: reply.bytes) == reply)
                kinds.insert(reply.bytes[0])
            }
        }
        #expect(kinds.isSuperset(of: [1, 2, 4, 5, 7, 8, 9, 10, 11]), "\(kinds.sorted())")
    }

    private func scope(_ members: [NodeID]) -> RegisterRequest.Scope {
        .members(sequence: 0, MemberList(founding: members).fingerprint)
    }

    @Test("Broken bytes give an error and nothing else", arguments: requests)
    func hostile(body: RegisterRequest.Body) {
        var random = Generator(seed: 1)
        let good = RegisterRequest(standing: .none, body: body).bytes
        for _ in 0..<500 {
            var bytes = good
            for _ in 0..<1 + random.below(4) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            if let read = try? RegisterRequest(bytes: bytes) { #expect(read.bytes == bytes) }
            _ = try? RegisterReply(bytes: bytes)
            _ = try? RunRegister(bytes: bytes)
            _ = try? NameRegister(bytes: bytes)
        }
    }

    @Test("Counters that adding one would overflow are refused")
    func overflow() {
        for body in [
            RegisterRequest.Body.claim(incarnation: .max),
            .prepare(Self.key, Ballot(counter: 1 << 63, node: Self.node), .seats([])),
        ] {
            let bytes = RegisterRequest(standing: .none, body: body).bytes
            #expect(throws: WireError.self) { try RegisterRequest(bytes: bytes) }
        }
        let standing = Standing(incarnation: 0, sequence: .max)
        let bytes = RegisterRequest(standing: standing, body: .standing).bytes
        #expect(throws: WireError.self) { try RegisterRequest(bytes: bytes) }
    }

    @Test("A run's register survives the wire")
    func run() throws {
        let seats = [Self.node, NodeID(checked: "b")]
        let first = RunRegister(
            tenant: .default,
            generation: Generation(1),
            coordinator: Self.node,
            seats: seats
        )
        #expect(try RunRegister(bytes: first.bytes) == first)
        let cause = Cause(
            node: seats[1],
            rank: Rank(1),
            step: 40,
            reason: String(repeating: "é", count: 600)
        )
        let ended = first.ended(.init(outcome: .nodesLost, cause: cause, details: [1, 2]))
        let read = try RunRegister(bytes: ended.bytes)
        #expect(read.ending?.outcome == .nodesLost && read.ending?.cause?.step == 40)
        #expect(read.ending?.details == [1, 2])
        let taken = read.taken(over: seats[1])
        #expect(taken.generation == Generation(2) && taken.ending == nil)
        for count in 0..<ended.bytes.count {
            #expect(throws: WireError.self) {
                try RunRegister(bytes: Array(ended.bytes.prefix(count)))
            }
        }
    }

    @Test("A name's register survives the wire, and means nothing else")
    func name() throws {
        let version = DatasetVersion(hash: hash(3), addedAt: 1_764_000_000.125)
        for value in [NameRegister.tombstone, .dataset(version)] {
            #expect(try NameRegister(bytes: value.bytes) == value)
        }
        #expect(throws: WireError.self) { try NameRegister(bytes: [3]) }
        #expect(throws: WireError.trailing(count: 1)) { try NameRegister(bytes: [1, 0]) }
    }

    @Test("What the disk must keep comes back from rows")
    func rows() throws {
        let state = RegisterState(
            seats: [Self.node],
            promised: Self.ballot,
            accepted: Self.proposal
        )
        let standing = Standing(incarnation: 2, sequence: 8)
        let records: [DurableRecord] = [
            .register(Self.key, state),
            .peer(Self.node, standing),
            .standing(OwnStanding(standing: standing, unread: [Self.node])),
            .members(MemberList(founding: [Self.node])),
        ]
        let rows = records.map { DurableRow($0) }
        #expect(Set(rows.map { [$0.space, $0.key] }).count == 4)
        for (row, record) in zip(rows, records) { #expect(try row.record() == record) }
        let disk = try DurableState(rows)
        #expect(disk.registers == [Self.key: state] && disk.peers == [Self.node: standing])
        #expect(throws: WireError.self) {
            try DurableState([DurableRow(space: "self", key: "other", value: [])])
        }
    }
}
