import ControlAPI
import Glibc

/// A file that appears under its name once it is complete, and never replaces another.
struct NewFile: ~Copyable {
    /// Where it will be.
    let path: String
    /// To write to.
    let descriptor: Int32
    private let temporary: [CChar]

    /// Makes room for a file beside where it will be.
    init(_ path: String) throws(RPCError) {
        guard access(path, F_OK) != 0 else {
            throw RPCError(
                .conflict,
                "\(printable(path)) exists",
                hint: "remove it, or choose another name"
            )
        }
        var template = Array("\(path).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw OpenedFile.failure(to: "make", path) }
        // mkstemp gives 0600; a result is as readable as any other new file.
        let mask = umask(0)
        umask(mask)
        fchmod(descriptor, 0o666 & ~mask)
        self.path = path
        self.descriptor = descriptor
        temporary = template
    }

    deinit {
        // Gone already where it was kept.
        unlink(temporary)
        close(descriptor)
    }

    /// Gives the file its name.
    func keep() throws(RPCError) {
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw OpenedFile.failure(to: "write", path)
        }
        // A link does not replace what has appeared meanwhile, a rename would.
        guard link(temporary, path) == 0 else { throw OpenedFile.failure(to: "make", path) }
    }
}
