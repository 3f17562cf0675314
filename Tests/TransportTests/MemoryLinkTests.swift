import LinkConformance
import Testing
import Transport

@Suite("The in-memory link")
struct MemoryLinkTests {
    @Test("A memory link is a link", arguments: LinkFact.allCases)
    func conformance(fact: LinkFact) throws {
        let ends = try MemoryLink.pair()
        try check(
            fact,
            on: MemoryLink(adopting: ends.first, peer: "second"),
            and: MemoryLink(adopting: ends.second, peer: "first")
        )
    }
}
