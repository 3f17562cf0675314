internal import Transport

/// Where elements arrive that are to be added: small enough to be still in the cache by then.
struct Piece {
    private static let bytesMax = 65_536

    private var bytes = [UInt8](repeating: 0, count: Self.bytesMax)
    /// Bytes of an element of which only a part has arrived; they wait at the start.
    private var heldBytes = 0

    /// Takes what has come for `own` off the link and reduces it into the start of `own`.
    /// - Returns: how many bytes came, and how many of `own` are done.
    mutating func receive<L: Link & ~Copyable>(
        from link: inout L,
        into own: inout MutableRawSpan,
        element: ElementKind,
        by reduction: Reduction
    ) throws(TransportError) -> (received: Int, reduced: Int) {
        let held = heldBytes
        var elements = bytes.mutableSpan
        var whole = elements.mutableBytes
        var rest = whole._mutatingExtracting(held..<min(Self.bytesMax, own.byteCount))
        let received = try link.receive(into: &rest)
        let present = held + received
        let reduced = present / element.bytes * element.bytes
        var target = own._mutatingExtracting(0..<reduced)
        reduce(whole.bytes.extracting(0..<reduced), into: &target, element: element, by: reduction)
        moveToFront(&whole, reduced..<present)
        heldBytes = present - reduced
        return (received, reduced)
    }
}

private func moveToFront(_ bytes: inout MutableRawSpan, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    bytes.withUnsafeMutableBytes { raw in
        raw.copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[range]))
    }
}
