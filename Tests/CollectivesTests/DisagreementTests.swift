import Collectives
import Domain
import Testing

/// What rank 1 does differently.
enum Deviation: CaseIterable, Sendable {
    case count, element, reduction, operation, root, sequence, generation
}

@Suite("Ranks that disagree")
struct DisagreementTests {
    @Test(
        "Every rank learns at once who does what differently",
        arguments: Deviation.allCases,
        TestLink.Kind.allCases
    )
    func disagree(deviation: Deviation, kind: TestLink.Kind) throws {
        var options = RingOptions()
        options.generation = { rank in
            Generation(deviation == .generation && rank == 1 ? 2 : 1)
        }
        let errors = try errors(of: 4, over: kind, options: options) { ring in
            try call(&ring, ring.rank.index == 1 ? deviation : nil)
        }
        for error in errors {
            guard case .disagreement(let first, let second) = error else {
                Issue.record("\(String(describing: error)) is no disagreement")
                continue
            }
            #expect(abs(first.rank.index - second.rank.index) == 1)
            #expect(first.rank == Rank(1) || second.rank == Rank(1))
            #expect(error?.description.contains("rank 1") == true)
            let names = difference(first, second)
            #expect(names.contains(deviation), "\(names)")
        }
    }

    private func call(_ ring: inout Ring<TestLink>, _ deviation: Deviation?) throws {
        var values = [Float](repeating: 0, count: deviation == .count ? 1_001 : 1_000)
        var span = values.mutableSpan
        switch deviation {
        case .element:
            var doubles = [Double](repeating: 0, count: 1_000)
            var other = doubles.mutableSpan
            try ring.broadcast(&other, from: Rank(0))
        case .operation: try ring.allReduce(&span, .max)
        case .root: try ring.broadcast(&span, from: Rank(2))
        case .sequence:
            // A rank that has lost one collective is one behind; here it is one ahead.
            try ring.broadcast(&span, from: Rank(0))
            try ring.barrier()
        case .reduction:
            try ring.broadcast(&span, from: Rank(0))
            try ring.allReduce(&span, .max)
        case .count, .generation, nil:
            try ring.broadcast(&span, from: Rank(0))
        }
        try ring.allReduce(&span, .sum)
    }

    private func difference(
        _ first: CollectiveHeader,
        _ second: CollectiveHeader
    ) -> Set<Deviation> {
        var names: Set<Deviation> = []
        if first.count != second.count { names.insert(.count) }
        if first.element != second.element { names.insert(.element) }
        if first.reduction != second.reduction { names.insert(.reduction) }
        if first.operation != second.operation { names.formUnion([.operation, .sequence]) }
        if first.root != second.root { names.insert(.root) }
        if first.generation != second.generation { names.insert(.generation) }
        return names
    }
}
