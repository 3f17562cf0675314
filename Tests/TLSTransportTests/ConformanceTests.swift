import LinkConformance
import TLSTransport
import Testing

@Suite("The TLS link")
struct ConformanceTests {
    @Test("A TLS link is a link", arguments: LinkFact.allCases)
    func conformance(fact: LinkFact) throws {
        let cluster = try TestCluster()
        try handOverLinks(from: cluster.context("n1"), to: cluster.context("n2")) { first, second in
            try check(fact, on: first, and: second)
        }
    }
}
