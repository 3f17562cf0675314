import Domain
import Testing

@testable import Daemon

@Suite("Seats of a run")
struct SeatAssignmentTests {
    let a = NodeID(checked: "a")
    let b = NodeID(checked: "b")
    let c = NodeID(checked: "c")

    func manifest(_ holders: [[NodeID]]) -> DatasetManifest {
        let hash = ContentHash(bytes: [UInt8](repeating: 7, count: 32))
        return DatasetManifest(
            tenant: .default,
            name: DatasetName(checked: "d"),
            version: hash,
            layout: .dense,
            rows: 10 * holders.count,
            columns: 2,
            nonzeros: 20,
            mapping: ColumnMapping(columns: nil, count: 2),
            labels: .real,
            classCounts: [],
            constantColumns: [],
            shards: holders.enumerated().map {
                ShardDescription(
                    index: $0.offset,
                    rows: 10,
                    values: 20,
                    bytes: 80,
                    hash: hash,
                    holders: $0.element
                )
            },
            seed: 1,
            format: "csv",
            warnings: [],
            addedAt: 0
        )
    }

    func spec(count: Int? = nil, nodes: [NodeID] = []) -> RunSpec {
        var spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "d"))
        spec.nodeCount = count
        spec.nodes = nodes
        return spec
    }

    @Test("Every node reads the shard that it is the primary of")
    func primaries() throws {
        let seats = SeatAssignment(members: [(a, nil), (b, nil), (c, nil)])
        let data = manifest([[a, b], [b, c], [c, a]])
        let nodes = try seats.nodes(for: spec(), of: data)
        #expect(nodes == [a, b, c])
        #expect(try seats.shards(of: data, for: nodes) == [[0], [1], [2]])
    }

    @Test("The replica's holder reads for a dead node")
    func replica() throws {
        let seats = SeatAssignment(members: [(a, nil), (b, "silent for 7 s"), (c, nil)])
        let data = manifest([[a, b], [b, c], [c, a]])
        let nodes = try seats.nodes(for: spec(), of: data)
        #expect(nodes == [a, c])
        #expect(try seats.shards(of: data, for: nodes) == [[0], [1, 2]])
    }

    @Test("A shard whose holders are all dead is named")
    func lost() {
        let seats = SeatAssignment(members: [(a, nil), (b, "cut off"), (c, nil)])
        let data = manifest([[a], [b], [c]])
        #expect(throws: SeatError.noHolder(shard: 1, dataset: "d", holders: [b])) {
            _ = try seats.shards(of: data, for: [a, c])
        }
    }

    @Test("A seat without a replica fetches what no seat holds")
    func fetch() throws {
        let seats = SeatAssignment(members: [(a, nil), (b, nil), (c, nil)])
        let data = manifest([[a, b], [b, c], [c, b]])
        #expect(try seats.shards(of: data, for: [a]) == [[0, 1, 2]])
    }

    @Test("A count takes holders first and keeps the order of members")
    func counted() throws {
        let seats = SeatAssignment(members: [(a, nil), (b, nil), (c, nil)])
        let data = manifest([[c, b], [c, b]])
        #expect(try seats.nodes(for: spec(count: 2), of: data) == [b, c])
        #expect(throws: SeatError.tooFew(asked: 4, alive: 3)) {
            _ = try seats.nodes(for: spec(count: 4), of: data)
        }
    }

    @Test("Named nodes sit as named; strangers, the dead and doubles are refused by name")
    func named() throws {
        let seats = SeatAssignment(members: [(a, nil), (b, "dead"), (c, nil)])
        let data = manifest([[a, b], [b, c], [c, a]])
        #expect(try seats.nodes(for: spec(nodes: [c, a]), of: data) == [c, a])
        #expect(throws: SeatError.notAlive(b, reason: "dead")) {
            _ = try seats.nodes(for: spec(nodes: [a, b]), of: data)
        }
        #expect(throws: SeatError.notMember(NodeID(checked: "z"))) {
            _ = try seats.nodes(for: spec(nodes: [NodeID(checked: "z")]), of: data)
        }
        #expect(throws: SeatError.namedTwice(a)) {
            _ = try seats.nodes(for: spec(nodes: [a, a]), of: data)
        }
    }
}
