internal import CLinux
internal import Glibc

/// A program that could not be started, or did not end in time.
public struct ProgramError: Error, CustomStringConvertible {
    /// One line that names the program.
    public let description: String
}

/// What a program finds in its environment.
public enum ProgramEnvironment: Sendable {
    /// These and nothing else.
    case only([String: String])
    /// These, and of this process's own those of other names.
    case own(adding: [String: String])

    /// As the C library has it, `NAME=value`.
    fileprivate var entries: [String] {
        switch self {
        case .only(let values): values.map { "\($0)=\($1)" }
        case .own(let added):
            added.map { "\($0)=\($1)" }
                + inherited.filter { added[String($0.prefix { $0 != "=" })] == nil }
        }
    }

    private var inherited: [String] {
        var entries: [String] = []
        var place = environ
        while let entry = place.pointee {
            entries.append(String(cString: entry))
            place += 1
        }
        return entries
    }
}

/// Descriptors that a program gets as its standard streams; nil is nowhere.
public struct ProgramStreams: Sendable {
    /// Standard input.
    public var input: Int32?
    /// Standard output.
    public var output: Int32?
    /// Standard error.
    public var errors: Int32?

    /// Streams that lead nowhere, or to these descriptors.
    public init(input: Int32? = nil, output: Int32? = nil, errors: Int32? = nil) {
        self.input = input
        self.output = output
        self.errors = errors
    }
}

/// A program that a test started; killed and reaped with this object at the latest.
///
/// It goes the way that the daemon's own workers go: Foundation's `Process` took the whole test
/// run down with it when several threads started programs at a time.
public final class StartedProgram {
    /// Its process id.
    public let pid: Int32
    private let name: String
    private let descriptor: Int32
    private var end: Int32?

    /// Starts the program at `path`, or of that name along `PATH`.
    public init(
        _ path: String,
        _ arguments: [String] = [],
        environment: ProgramEnvironment = .own(adding: [:]),
        streams: ProgramStreams = ProgramStreams()
    ) throws(ProgramError) {
        var pid: pid_t = 0
        let descriptors = [streams.input ?? -1, streams.output ?? -1, streams.errors ?? -1]
        let failed = withCStrings([path] + arguments) { arguments in
            withCStrings(environment.entries) { environment in
                cl_start(path, arguments, environment, descriptors, 0, &pid)
            }
        }
        guard failed == 0 else {
            throw ProgramError(description: "\(path): \(String(cString: strerror(failed)))")
        }
        self.pid = pid
        name = path
        descriptor = cl_pidfd(pid)
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        close(descriptor)
    }

    /// What it ended with, 128 + the signal's number where one ended it; nil while it runs.
    public var status: Int32? {
        if let end { return end }
        var code: Int32 = 0
        var signal: Int32 = 0
        if cl_reap(pid, &code, &signal) == 1 { end = signal == 0 ? code : 128 + signal }
        return end
    }

    /// Whether it has not ended.
    public var isRunning: Bool { status == nil }

    /// Waits for its end and returns its status.
    /// - Throws: where it takes longer than `limit`; it is killed then.
    public func wait(within limit: Duration) throws(ProgramError) -> Int32 {
        let deadline = ContinuousClock.now + limit
        while true {
            if let status { return status }
            let left = deadline - ContinuousClock.now
            guard left > .zero else { break }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, Int32(min(left / .milliseconds(1) + 1, 60_000)))
        }
        kill(pid, SIGKILL)
        throw ProgramError(description: "\(name) did not end within \(limit)")
    }
}

/// The texts as the C library takes a list of them.
private func withCStrings<Value>(
    _ texts: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
) -> Value {
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
