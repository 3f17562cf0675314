/// A byte stream to one peer; one owner, one thread, never shared.
///
/// No call blocks. To wait, first see that `hasBufferedInput` is false, then `poll` the
/// descriptor: for reading where input is expected, for writing where `wantsWrite` says so.
public protocol Link: ~Copyable {
    /// What to hand to `poll`.
    var descriptor: Int32 { get }

    /// Whether the last `receive` ran dry, so that the next input will come through the socket.
    var wantsRead: Bool { get }

    /// Whether the last `send` was cut short, or accepted bytes have yet to leave.
    var wantsWrite: Bool { get }

    /// Input that has left the socket already: never sleep in `poll` while this is true.
    var hasBufferedInput: Bool { get }

    /// Who is at the other end, for messages.
    var peer: String { get }

    /// Sends what the peer will take now and returns the byte count, 0 if none.
    ///
    /// What was accepted is on its way, except where `wantsWrite` says that the socket was full.
    /// Many small calls cost a record and a system call each, so coalesce header and payload.
    /// - Throws: `.closedByPeer` once the peer is gone, never a signal.
    mutating func send(_ bytes: RawSpan) throws(TransportError) -> Int

    /// Takes what has arrived and returns the byte count, 0 if none.
    /// - Throws: `.closedByPeer` at the end of the stream, after all that was sent has been taken.
    mutating func receive(into bytes: inout MutableRawSpan) throws(TransportError) -> Int

    /// Pushes accepted bytes on to the socket; true when none are left behind.
    mutating func flush() throws(TransportError) -> Bool
}
