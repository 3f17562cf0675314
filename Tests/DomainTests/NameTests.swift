import Domain
import Foundation
import Testing

@Suite("Names, ids and hashes")
struct NameTests {
    @Test("A name is checked byte by byte", arguments: ["a", "n-1", "0.x_y", "a" + rest(63)])
    func good(text: String) throws {
        #expect(try DatasetName(validating: text).text == text)
        #expect(NodeID(text)?.description == text)
    }

    @Test(
        "What could be a path, an option or two spellings of one word is refused",
        arguments: [
            "", "A", "../x", "/etc/passwd", "a\0b", ".", "..", "-rf", "é", "e\u{301}", "a b",
            "a" + rest(64), "a\n", "_a",
        ]
    )
    func bad(text: String) {
        #expect(DatasetName(text) == nil)
        #expect(throws: NameError.self) { _ = try NodeID(validating: text) }
    }

    @Test("The refusal shows what was typed, made printable, and what is allowed")
    func message() {
        let error = #expect(throws: NameError.self) { _ = try RunID(validating: "a\u{7}b") }
        #expect(error?.text == "a\\u{07}b")
        #expect(error?.description.contains("1 to 64") == true)
    }

    @Test("A decoded name is checked as a typed one is")
    func decoding() throws {
        let good = try JSONDecoder().decode([TenantID].self, from: Data(#"["default"]"#.utf8))
        #expect(good == [.default])
        #expect(throws: (any Error).self) {
            _ = try JSONDecoder().decode([TenantID].self, from: Data(#"["../x"]"#.utf8))
        }
    }

    @Test("A fresh run id is a name, short, and hardly ever the same twice")
    func runs() {
        var generator = SystemRandomNumberGenerator()
        let ids = (0..<1000).map { _ in RunID.random(using: &generator) }
        #expect(ids.allSatisfy { $0.text.count == 8 && RunID($0.text) == $0 })
        #expect(Set(ids).count > 990)
    }

    @Test("A hash is read back from its digits, and from nothing else")
    func hashes() {
        let hash = ContentHash(bytes: (0..<32).map { UInt8($0 * 8) })
        #expect(ContentHash(hash.description) == hash)
        #expect(hash.short == "000810182028")
        #expect(ContentHash(hash.description.uppercased()) == nil)
        #expect(ContentHash(String(hash.description.dropLast())) == nil)
    }

    @Test("A node's identity is spelled in one way")
    func uri() {
        let uri = nodeURI(NodeID(checked: "a"), in: ClusterName(checked: "lab"))
        #expect(uri == "spiffe://lab/node/a")
    }
}

@Suite("Seats and causes")
struct SeatTests {
    @Test("A negative rank is refused where it is decoded")
    func ranks() throws {
        #expect(try JSONDecoder().decode([Rank].self, from: Data("[2]".utf8)) == [Rank(2)])
        #expect(throws: (any Error).self) {
            _ = try JSONDecoder().decode([Rank].self, from: Data("[-1]".utf8))
        }
    }

    @Test("A cause names node, rank, step and reason")
    func causes() {
        let cause = Cause(node: NodeID(checked: "b"), rank: Rank(1), step: 40, reason: "it died")
        #expect("\(cause)" == "node b (rank 1), step 40: it died")
        #expect("\(Cause(node: nil, reason: "no majority"))" == "cluster: no majority")
    }

    @Test("A plan knows the seat of a node, and that a stranger has none")
    func plans() {
        let seats = ["a", "b"].map { Seat(node: NodeID(checked: $0), shards: []) }
        let plan = RunPlan(
            run: RunID(checked: "r-1"),
            tenant: .default,
            generation: Generation(1),
            coordinator: NodeID(checked: "a"),
            seats: seats,
            dataset: ContentHash(bytes: [UInt8](repeating: 0, count: 32))
        )
        #expect(plan.worldSize == 2)
        #expect(plan.rank(of: NodeID(checked: "b")) == Rank(1))
        #expect(plan.rank(of: NodeID(checked: "c")) == nil)
    }

    @Test("Only two outcomes leave a finished model")
    func outcomes() {
        #expect(Outcome.allCases.filter(\.isSuccess) == [.converged, .limitReached])
    }
}

/// `count` letters.
func rest(_ count: Int) -> String { String(repeating: "x", count: count) }
