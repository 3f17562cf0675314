import CTLS
import Glibc

/// Ciphertext between libssl and one socket, several records per system call both ways.
///
/// libssl hands over one record at a time. Sent one by one they cost a system call each; gathered
/// into 128 KiB a stream is 24 to 60 % faster.
final class CipherSocket {
    /// A record of 16 KiB with its header, type, tag, and the most padding we allow for.
    static let recordBytesMax = 16_384 + 256

    /// Bytes that may be read before the peer has proved who it is.
    static let unauthenticatedBytesMax = 32_768

    private static let inputBytes = 131_072
    // Beyond the batch there is room for what libssl writes of itself, such as key updates.
    private static let batchBytes = 8 * recordBytesMax
    private static let outputBytes = batchBytes + recordBytesMax

    let descriptor: Int32

    /// Whether the peer has proved who it is; until then it may send little.
    var isAuthenticated = false
    /// Whether it sent more than that.
    private(set) var hasOverrun = false
    /// Whether the peer has closed its direction.
    private(set) var isAtEnd = false
    /// Error number of the last `recv` that failed, 0 if none did.
    private(set) var readError: Int32 = 0
    /// Error number of the last `send` that failed, 0 if none did.
    private(set) var writeError: Int32 = 0

    private let input = UnsafeMutableRawPointer.allocate(byteCount: inputBytes, alignment: 64)
    private var inputStart = 0
    private var inputEnd = 0
    private let output = UnsafeMutableRawPointer.allocate(byteCount: outputBytes, alignment: 64)
    private var outputStart = 0
    private var outputEnd = 0
    private var readCount = 0

    /// Takes over a connected stream socket, makes it non-blocking and closes it in the end.
    init(adopting descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    deinit {
        input.deallocate()
        output.deallocate()
        close(descriptor)
    }

    /// Whether ciphertext lies here that libssl has not taken.
    var hasInput: Bool { inputEnd > inputStart }

    /// Whether ciphertext lies here that the socket has not taken.
    var hasOutput: Bool { outputEnd > outputStart }

    /// Whether libssl may write one more record without being turned away.
    var hasRoom: Bool { outputEnd + Self.recordBytesMax <= Self.batchBytes }

    /// What became of an attempt to send.
    enum PushResult {
        /// Nothing is left.
        case done
        /// The socket is full.
        case full
        /// `writeError` says why.
        case failed
    }

    /// Sends what has been gathered, as far as the socket takes it.
    func push() -> PushResult {
        while outputEnd > outputStart {
            let count = send(
                descriptor,
                output + outputStart,
                outputEnd - outputStart,
                Int32(MSG_NOSIGNAL)
            )
            if count >= 0 {
                outputStart += count
            } else if errno == EAGAIN {
                return .full
            } else if errno != EINTR {
                writeError = errno
                return .failed
            }
        }
        outputStart = 0
        outputEnd = 0
        return .done
    }

    /// What `read` and `write` tell libssl: a count, or one of these.
    enum Verdict: Int32 {
        /// Not now; the same call may work later.
        case retry = -1
        /// Never again.
        case over = 0
    }

    /// Gives libssl up to `count` bytes of ciphertext.
    fileprivate func read(into target: UnsafeMutableRawPointer, count: Int) -> Int32 {
        if inputEnd == inputStart, let verdict = refill() { return verdict.rawValue }
        let taken = min(count, inputEnd - inputStart)
        target.copyMemory(from: input + inputStart, byteCount: taken)
        inputStart += taken
        return Int32(taken)
    }

    /// Takes `count` bytes of ciphertext from libssl, all or nothing.
    fileprivate func write(from source: UnsafeRawPointer, count: Int) -> Int32 {
        guard outputEnd + count <= Self.outputBytes else { return Verdict.retry.rawValue }
        (output + outputEnd).copyMemory(from: source, byteCount: count)
        outputEnd += count
        return Int32(count)
    }

    private func refill() -> Verdict? {
        var room = Self.inputBytes
        if !isAuthenticated {
            room = min(room, Self.unauthenticatedBytesMax - readCount)
            guard room > 0 else {
                hasOverrun = true
                return .over
            }
        }
        while true {
            let count = recv(descriptor, input, room, 0)
            if count > 0 {
                inputStart = 0
                inputEnd = count
                readCount += isAuthenticated ? 0 : count
                return nil
            }
            if count == 0 {
                isAtEnd = true
                return .over
            }
            if errno == EAGAIN { return .retry }
            if errno != EINTR {
                readError = errno
                return .over
            }
        }
    }
}

/// Makes the table through which libssl reaches a `CipherSocket`; the caller frees it.
func makeSocketMethod() -> OpaquePointer? {
    guard let method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "distml socket") else { return nil }
    BIO_meth_set_read(method) { bio, target, count in
        guard let bio, let target, count > 0, let socket = cipherSocket(of: bio) else { return 0 }
        distml_bio_no_retry(bio)
        let result = socket.read(into: target, count: Int(count))
        if result == CipherSocket.Verdict.retry.rawValue { distml_bio_retry_read(bio) }
        return result
    }
    BIO_meth_set_write(method) { bio, source, count in
        guard let bio, let source, count > 0, let socket = cipherSocket(of: bio) else { return 0 }
        distml_bio_no_retry(bio)
        let result = socket.write(from: source, count: Int(count))
        if result == CipherSocket.Verdict.retry.rawValue { distml_bio_retry_write(bio) }
        return result
    }
    BIO_meth_set_ctrl(method) { _, command, _, _ in
        // Gathered records are flushed by `push`, not by libssl.
        command == BIO_CTRL_FLUSH ? 1 : 0
    }
    return method
}

private func cipherSocket(of bio: OpaquePointer) -> CipherSocket? {
    BIO_get_data(bio).map { Unmanaged<CipherSocket>.fromOpaque($0).takeUnretainedValue() }
}
