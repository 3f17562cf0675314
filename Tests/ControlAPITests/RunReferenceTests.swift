import ControlAPI
import Domain
import Testing

@Suite("Pointing at a run")
struct RunReferenceTests {
    private let records = [
        record(id: "r-abcdef", name: "first", at: 1),
        record(id: "r-abc123", name: "twin", at: 2),
        record(id: "r-xyz777", name: "twin", uid: 1001, at: 3),
        record(id: "r-twin22", at: 0),
    ]

    @Test(
        "Id, name, unique beginning and @last point at one run",
        arguments: [
            ("r-abcdef", "r-abcdef"), ("r-abcd", "r-abcdef"), ("abc1", "r-abc123"),
            ("first", "r-abcdef"), ("twin", "r-xyz777"), ("@last", "r-abc123"), ("x", "r-xyz777"),
        ]
    )
    func found(text: String, id: String) throws {
        let run = try RunReference(text).resolve(among: records, uid: 1000)
        #expect(run.id.text == id)
    }

    @Test("What fits nothing is not found", arguments: ["", "q", "r-abcdefg", "\u{1B}[2J"])
    func missing(text: String) {
        #expect {
            try RunReference(text).resolve(among: records, uid: 1000)
        } throws: {
            let error = $0 as? RPCError
            return error?.code == .notFound && error?.message.contains("\u{1B}") == false
        }
    }

    @Test("What fits several runs names them")
    func ambiguous() {
        #expect {
            try RunReference("r-abc").resolve(among: records, uid: 1000)
        } throws: {
            let error = $0 as? RPCError
            return error?.code == .badUsage
                && error?.message.hasSuffix("2 runs: r-abc123, r-abcdef") == true
        }
    }

    @Test("@last is the caller's own")
    func last() {
        #expect(throws: RPCError.self) {
            try RunReference("@last").resolve(among: records, uid: 7)
        }
    }

    @Test("Lists are filtered by life, age and state")
    func wanted() {
        let document = RunDocument(record(at: 100))
        func isWanted(all: Bool, since: Double?, _ statuses: [String]) -> Bool {
            document.isWanted(
                by: RunLs.Params(all: all, sinceSeconds: since, statuses: statuses),
                now: 200
            )
        }
        #expect(isWanted(all: false, since: nil, []))
        #expect(isWanted(all: false, since: 101, ["preparing"]))
        #expect(!isWanted(all: false, since: 99, []))
        #expect(!isWanted(all: true, since: nil, ["failed"]))
    }
}
