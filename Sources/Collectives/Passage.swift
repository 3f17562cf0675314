internal import Domain

/// One collective as one rank goes through it: what it announced, and how far it has come.
struct Passage {
    let header: CollectiveHeader
    var pipeline: Pipeline

    /// Whether the previous rank announced the same.
    private var isAgreed = false
    /// Bytes of the current segment that are not where they belong yet.
    private(set) var segmentBytes = 0

    init(header: CollectiveHeader, pipeline: Pipeline) {
        self.header = header
        self.pipeline = pipeline
    }

    /// Whether nothing more will come from the previous rank.
    var isReceived: Bool { isAgreed && pipeline.hasReceivedAll }

    /// Where the bytes of the current segment belong.
    var expected: Pipeline.Arrival? {
        guard let whole = pipeline.expected else { return nil }
        return Pipeline.Arrival(
            range: whole.range.prefix(segmentBytes),
            isReduced: whole.isReduced
        )
    }

    /// Checks what the previous rank says that it is doing.
    mutating func accept(
        _ other: CollectiveHeader,
        from previous: Rank
    ) throws(CollectiveError) {
        guard !isAgreed, other.rank == previous, header.agrees(with: other) else {
            throw .disagreement(other, header)
        }
        isAgreed = true
    }

    /// Checks that a segment of `bytes` bytes fits what is expected.
    mutating func acceptSegment(_ bytes: Int) throws(SegmentRefusal) {
        guard isAgreed else { throw SegmentRefusal("sent elements before announcing what for") }
        let room = pipeline.expected?.range.count ?? 0
        guard bytes <= room else {
            throw SegmentRefusal("sent a segment of \(bytes) bytes where \(room) were expected")
        }
        guard bytes % header.element.bytes == 0 else {
            throw SegmentRefusal("sent \(bytes) bytes, no whole number of \(header.element)")
        }
        segmentBytes = bytes
    }

    /// Counts bytes of the current segment that are where they belong.
    mutating func receive(_ bytes: Int) {
        segmentBytes -= bytes
        pipeline.receive(bytes)
    }
}

/// Why a segment does not belong where it came.
struct SegmentRefusal: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
