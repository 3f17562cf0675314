/// Cuts a byte stream into lines; bytes in, lines out, no descriptor.
///
/// A line ends with LF; a CR before it belongs to the line end. Empty lines are skipped.
public struct LineBuffer: Sendable {
    /// Why a stream cannot be cut further; the connection is of no more use.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// A line is longer than agreed.
        case tooLong(limit: Int)
        /// The stream ended inside a line.
        case truncated(bytes: Int)

        /// One line for the operator.
        public var description: String {
            switch self {
            case .tooLong(let limit): "a line is longer than \(limit) bytes"
            case .truncated(let bytes): "the stream ended \(bytes) bytes into a line"
            }
        }
    }

    /// Longest line in bytes, without its end: 1 MiB.
    public static let defaultLimit = 1 << 20

    private let limit: Int
    private var bytes: [UInt8] = []
    private var start = 0
    /// How far the search for a line end has come, so that no byte is looked at twice.
    private var searched = 0

    /// An empty buffer for lines of at most `limit` bytes.
    public init(limit: Int = LineBuffer.defaultLimit) {
        self.limit = limit
    }

    /// Whether part of a line waits for the rest.
    public var isInsideLine: Bool { start < bytes.count }

    /// Takes what has arrived.
    public mutating func append(_ new: some Sequence<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// The next whole line, nil where more bytes are needed.
    /// - Throws: `.tooLong` as soon as that is certain, before the line has ended.
    public mutating func next() throws(Failure) -> [UInt8]? {
        while let end = bytes[searched...].firstIndex(of: 0x0A) {
            var line = bytes[start..<end]
            if line.last == 0x0D { line.removeLast() }
            start = end + 1
            searched = start
            guard line.count <= limit else { throw .tooLong(limit: limit) }
            if !line.isEmpty { return Array(line) }
        }
        searched = bytes.count
        // One more than the limit may be the CR of a line end.
        guard bytes.count - start <= limit + 1 else { throw .tooLong(limit: limit) }
        return nil
    }

    /// Says that the stream has ended.
    /// - Throws: `.truncated` where it ended inside a line.
    public func finish() throws(Failure) {
        guard isInsideLine else { return }
        throw .truncated(bytes: bytes.count - start)
    }
}
