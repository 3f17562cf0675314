internal import Transport
internal import Wire

/// Reads frames off one link as their bytes trickle in.
///
/// It holds a frame's head and the body of a small frame, at most 2 KiB; the bytes of a segment
/// go straight to where the caller wants them.
struct Inlet {
    enum Event: Equatable {
        case collective(CollectiveHeader)
        /// That many bytes of elements follow on the link.
        case segment(Int)
        case abort(AbortNotice)
    }

    private var frame: RingFrame?
    private var held: [UInt8] = []
    /// Scratch of the right length, so that looking for a head allocates nothing.
    private var piece = [UInt8](repeating: 0, count: RingFrame.headBytes)

    /// The next frame, nil if it has not come yet.
    ///
    /// After `.segment` the caller takes the announced bytes off the link itself.
    /// - Throws: what the link throws, or why the bytes are no frame.
    mutating func next<L: Link & ~Copyable>(
        from link: inout L
    ) throws(InletError) -> Event? {
        while true {
            guard try fill(from: &link) else { return nil }
            do throws(WireError) {
                if let event = try take() { return event }
            } catch {
                throw .malformed(error)
            }
        }
    }

    /// Whether `held` is as long as the part being read; takes what is missing off the link.
    private mutating func fill<L: Link & ~Copyable>(
        from link: inout L
    ) throws(InletError) -> Bool {
        let wanted = frame?.length ?? RingFrame.headBytes
        if piece.count < wanted { piece = [UInt8](repeating: 0, count: wanted) }
        while held.count < wanted {
            let count = try receive(wanted - held.count, from: &link)
            guard count > 0 else { return false }
            held.append(contentsOf: piece[..<count])
        }
        return true
    }

    private mutating func receive<L: Link & ~Copyable>(
        _ count: Int,
        from link: inout L
    ) throws(InletError) -> Int {
        var whole = piece.mutableSpan
        var bytes = whole.mutableBytes
        var target = bytes._mutatingExtracting(0..<count)
        do {
            return try link.receive(into: &target)
        } catch {
            throw .link(error)
        }
    }

    /// Makes an event of what is held; nil where it was a head whose body comes next.
    private mutating func take() throws(WireError) -> Event? {
        var reader = ByteReader(held)
        held.removeAll(keepingCapacity: true)
        guard let current = frame else {
            let head = try RingFrame(from: &reader)
            if head.kind == .segment { return .segment(head.length) }
            frame = head
            return nil
        }
        frame = nil
        guard current.kind == .collective else { return .abort(try AbortNotice(from: &reader)) }
        return .collective(try CollectiveHeader(from: &reader))
    }
}

/// Why no frame could be read.
enum InletError: Error {
    case link(TransportError)
    case malformed(WireError)
}
