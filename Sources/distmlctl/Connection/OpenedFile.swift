import ControlAPI
import Glibc

/// A regular file, open under the rights of the person who typed its name.
///
/// The daemon gets the descriptor and never sees a path. What is no regular file (standard input,
/// a pipe) is copied into a file without a name first, so that the daemon can read it at its pace.
final class OpenedFile {
    /// What to send.
    let descriptor: Int32
    /// As typed, for messages.
    let name: String

    private init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    deinit { close(descriptor) }

    /// Opens a file to read; `-` is standard input.
    static func forReading(_ name: String) throws(RPCError) -> OpenedFile {
        if name == "-" {
            guard isatty(STDIN_FILENO) == 0 else {
                throw RPCError(
                    .badUsage,
                    "standard input is a terminal",
                    hint: "pipe the data in, or name a file"
                )
            }
            // A duplicate, so that closing ours leaves the stream alone.
            return try reading(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), name: name)
        }
        // A FIFO must not hold us at the door: O_NONBLOCK opens it at once.
        return try reading(open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), name: name)
    }

    private static func reading(_ descriptor: Int32, name: String) throws(RPCError) -> OpenedFile {
        guard descriptor >= 0 else { throw failure(to: "open", name) }
        let file = OpenedFile(descriptor: descriptor, name: name)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(to: "look at", name) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return file
        case S_IFIFO, S_IFCHR: return try spooled(file)
        case S_IFDIR: throw refusal(name, "is a folder", hint: "name the files in it")
        default: throw refusal(name, "is neither a file nor a pipe", hint: nil)
        }
    }

    private static func spooled(_ source: OpenedFile) throws(RPCError) -> OpenedFile {
        let target = try scratch(name: source.name)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(source.descriptor, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 {
                guard errno == EAGAIN || errno == EINTR else {
                    throw failure(to: "read", source.name)
                }
                var waiting = pollfd(fd: source.descriptor, events: Int16(POLLIN), revents: 0)
                poll(&waiting, 1, -1)
                continue
            }
            try target.append(buffer[..<count])
        }
        guard lseek(target.descriptor, 0, SEEK_SET) == 0 else {
            throw failure(to: "rewind", "the copy")
        }
        return target
    }

    /// Writes at the end.
    func append(_ bytes: ArraySlice<UInt8>) throws(RPCError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Self.failure(to: "write", name) }
            rest = rest.dropFirst(count)
        }
    }

    /// A file without a name: for a copy, or for the daemon to write a result into.
    static func scratch(name: String = "the result") throws(RPCError) -> OpenedFile {
        let folder = environment("TMPDIR") ?? "/var/tmp"
        var template = Array("\(folder)/distml-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure(to: "make a temporary file in", folder) }
        unlink(template)
        return OpenedFile(descriptor: descriptor, name: name)
    }

    /// Copies the contents from the beginning to another descriptor.
    func copy(to target: Int32) throws(RPCError) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw Self.failure(to: "rewind", name) }
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw Self.failure(to: "read", name) }
            if count == 0 { return }
            var rest = buffer[..<count]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
                // Whoever read our output has seen enough.
                if written < 0, errno == EPIPE { return }
                guard written > 0 else { throw Self.failure(to: "write", "the result") }
                rest = rest.dropFirst(written)
            }
        }
    }

    /// Copies the lines from the beginning, each between two texts.
    func copyLines(to target: Int32, after head: String, before tail: String) throws(RPCError) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw Self.failure(to: "rewind", name) }
        let output = OpenedFile(
            descriptor: fcntl(target, F_DUPFD_CLOEXEC, 3),
            name: "the result"
        )
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var text: [UInt8] = []
        var isInside = false
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw Self.failure(to: "read", name) }
            if count == 0 { return }
            for byte in buffer[..<count] {
                if !isInside { text.append(contentsOf: head.utf8) }
                isInside = byte != UInt8(ascii: "\n")
                if !isInside { text.append(contentsOf: tail.utf8) }
                text.append(byte)
            }
            do throws(RPCError) { try output.append(text[...]) } catch {
                // Whoever read our output has seen enough.
                if errno == EPIPE { return }
                throw error
            }
            text.removeAll(keepingCapacity: true)
        }
    }

    static func failure(to verb: String, _ name: String) -> RPCError {
        let code = errno
        let hint: String? =
            switch code {
            case ENOENT: "check the spelling; paths are those of this computer"
            case EACCES: "the file must be readable by you; the daemon needs no right to it"
            default: nil
            }
        return RPCError(
            code == ENOSPC ? .noSpace : .failed,
            "cannot \(verb) \(printable(name)): \(String(cString: strerror(code)))",
            hint: hint
        )
    }

    private static func refusal(_ name: String, _ what: String, hint: String?) -> RPCError {
        RPCError(.failed, "\(printable(name)) \(what)", hint: hint)
    }
}
