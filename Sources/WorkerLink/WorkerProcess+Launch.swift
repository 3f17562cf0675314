internal import CLinux
internal import Glibc
public import Transport

/// Where workers come from.
public enum WorkerPlace: Hashable, Sendable {
    /// A child process of this program.
    case program(path: String)
    /// A service of the system, one process for each connection to this Unix socket.
    case service(socket: String)
}

extension WorkerProcess {
    /// Starts a worker and waits until it is locked in and ready for its job.
    ///
    /// It inherits nothing: no descriptor but its socket, no argument, no environment but the
    /// number of threads that OpenBLAS may start. What it computes on comes with `start`.
    /// - Throws: `.notConfined` when it cannot lock itself in and `policy` demands it.
    public static func launch(
        _ place: WorkerPlace,
        limits: WorkerLimits = WorkerLimits(),
        policy: IsolationPolicy = .confined,
        until deadline: Deadline = .after(.seconds(10))
    ) throws(WorkerError) -> WorkerProcess {
        let worker =
            switch place {
            case .program(let path): try spawn(path)
            case .service(let socket): try connect(socket)
            }
        let preamble = Preamble(limits: limits, policy: policy)
        try worker.sendAll(preamble.bytes, until: deadline)
        try worker.awaitReady(policy, until: deadline)
        return worker
    }

    private static func spawn(_ program: String) throws(WorkerError) -> WorkerProcess {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw .system(call: "socketpair", errno: errno)
        }
        defer { close(ends[1]) }
        do {
            let child = try ChildProcess(program: program, socket: ends[1])
            return WorkerProcess(socket: ends[0], child: child)
        } catch {
            close(ends[0])
            throw error
        }
    }

    private static func connect(_ path: String) throws(WorkerError) -> WorkerProcess {
        let socket = cl_connect_local(path)
        guard socket >= 0 else {
            throw .cannotStart(place: path, reason: systemMessage(errno))
        }
        return WorkerProcess(socket: socket, child: nil)
    }
}
