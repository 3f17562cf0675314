/// Why bytes from elsewhere are not what they claim to be.
///
/// The caller drops the message, and mostly its sender with it: there is no resynchronising.
public enum WireError: Error, Equatable, CustomStringConvertible {
    /// The bytes end inside `what`, which begins at `offset`.
    case truncated(what: String, offset: Int)
    /// `what` says that it has `count` items, more than `limit` or than there are bytes for.
    case tooLong(what: String, count: UInt64, limit: Int)
    /// The text of `what` is not UTF-8.
    case notUTF8(what: String)
    /// `what` holds `value`, which means nothing.
    case badValue(what: String, value: String)
    /// `count` bytes follow the end of the message.
    case trailing(count: Int)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .truncated(let what, let offset):
            "message ends inside \(what), which begins at byte \(offset)"
        case .tooLong(let what, let count, let limit):
            "\(what) claims \(count) items where at most \(limit) can be"
        case .notUTF8(let what): "\(what) is not UTF-8"
        case .badValue(let what, let value): "\(what) has the meaningless value \(value)"
        case .trailing(let count): "\(count) bytes follow the end of the message"
        }
    }
}
