public import Wire
internal import Transport

/// What went wrong between a daemon and its worker.
///
/// At the daemon's end every case asks the same of the caller: end this worker and report the line
/// as the cause. At the worker's end it is the end.
public enum WorkerError: Error, Equatable, CustomStringConvertible {
    /// The program could not be started, or the socket not be reached.
    case cannotStart(place: String, reason: String)
    /// It cannot lock itself in, and must.
    case notConfined(reason: String)
    /// It said nothing for `limit` after it was started.
    case notReady(limit: Duration)
    /// It ended, or closed its socket, before its work was done.
    case ended(WorkerExit)
    /// It was to compute, and its counter stood still for `limit`.
    case silent(limit: Duration)
    /// It sent bytes that mean nothing.
    case malformed(WireError)
    /// It announced a message of `bytes` bytes where at most `limit` are taken.
    case messageTooLong(kind: UInt8, bytes: Int, limit: Int)
    /// It sent a message that has no place here.
    case unexpected(message: String)
    /// It named a range outside of the memory that it shares.
    case outOfRange(offset: UInt64, bytes: UInt64, size: Int)
    /// It takes nothing of what it is sent.
    case notReading(waitingBytes: Int)
    /// It sent more than `limit` messages within a second.
    case flooding(limit: Int)
    /// The memory was handed over without its seals, or with another size.
    case notSealed
    /// The daemon is gone.
    case closedByDaemon
    /// A system call failed.
    case system(call: String, errno: Int32)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .cannotStart(let place, let reason): "worker \(place) does not start: \(reason)"
        case .notConfined(let reason): "worker cannot confine itself: \(reason)"
        case .notReady(let limit): "worker was not ready within \(limit)"
        case .ended(let exit): "worker \(exit)"
        case .silent(let limit): "worker made no progress for \(limit)"
        case .malformed(let error): "worker broke the protocol: \(error)"
        case .messageTooLong(let kind, let bytes, let limit):
            "worker announced a message (\(kind)) of \(bytes) bytes, "
                + "where at most \(limit) are taken"
        case .unexpected(let message): "worker sent '\(message)' out of turn"
        case .outOfRange(let offset, let bytes, let size):
            "worker named \(bytes) bytes at \(offset) of a shared memory of \(size)"
        case .notReading(let bytes): "worker leaves \(bytes) bytes unread"
        case .flooding(let limit): "worker sends more than \(limit) messages a second"
        case .notSealed: "the shared memory is not sealed, or has another size"
        case .closedByDaemon: "the daemon closed the socket"
        case .system(let call, let errno): "\(call): \(systemMessage(errno))"
        }
    }
}
