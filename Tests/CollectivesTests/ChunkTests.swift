import Collectives
import Testing

@Suite("Chunking a vector over the ranks")
struct ChunkTests {
    @Test(
        "Chunks tile the vector in rank order",
        arguments: [1, 2, 3, 4, 7, 16],
        [0, 1, 6, 16, 1_000_003]
    )
    func tile(worldSize: Int, count: Int) {
        let chunks = (0..<worldSize).map { chunk(ofRank: $0, worldSize: worldSize, count: count) }
        var end = 0
        for chunk in chunks {
            #expect(chunk.lowerBound == end)
            end = chunk.upperBound
        }
        #expect(end == count)
        let lengths = chunks.map(\.count)
        #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
    }
}
