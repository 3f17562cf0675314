internal import CLinux
internal import Glibc
internal import LinearAlgebra
internal import Transport

/// How a worker locks itself in, in two stages of one program.
///
/// The first stage, which has not read a byte of data, gives up privileges and sets limits, then
/// runs the program again; the second locks itself in for good before it reads anything. So the
/// program proper never lives without the locks.
public enum WorkerConfinement {
    /// The exit status of a worker that cannot lock itself in; service managers know it as a fault
    /// of the configuration, which trying again does not cure.
    public static let refusalStatus: Int32 = 78

    /// Locks this process in and says to the daemon that it is ready; must be the first act.
    ///
    /// In the first stage it does not return: the program begins anew.
    /// - Throws: `.notConfined` when it cannot and must; the daemon has been told why.
    public static func enter(socket: Int32) throws(WorkerError) -> WorkerChannel {
        do throws(WorkerError) {
            // Not the arguments: Swift reads them from a file, and there are none any more.
            if String(cString: cl_program_name()) != confinedName { try launch(socket) }
            return try lock(socket)
        } catch {
            let reason =
                switch error {
                case .notConfined(let reason): reason
                default: error.description
                }
            // Whoever cannot be told has gone.
            try? WorkerChannel(socket: socket).send(.refused(reason: reason))
            throw error
        }
    }

    /// First stage: sets the limits that the daemon named, then runs this program again.
    private static func launch(_ socket: Int32) throws(WorkerError) {
        let preamble = try peekPreamble(socket)
        try apply(preamble.limits)
        if cl_confine_loading() != 0, preamble.policy == .confined {
            throw .notConfined(reason: "landlock: \(systemMessage(errno))")
        }
        if let kernels = kernelsToAskFor() {
            cl_execute_again(confinedName, "OPENBLAS_CORETYPE=" + kernels)
        } else {
            cl_execute_again(confinedName, nil)
        }
        throw .system(call: "execve", errno: errno)
    }

    /// Second stage: locks this process in for good.
    private static func lock(_ socket: Int32) throws(WorkerError) -> WorkerChannel {
        cl_thread_name("distml-worker")
        try limitMemory(to: peekPreamble(socket).limits.memoryBytes)
        let hasLandlock = cl_confine_files() == 0
        let landlockFailure = errno
        let version = hasLandlock ? Int(cl_landlock_version()) : 0
        let filtersCalls = cl_confine_calls() == 0
        let filterFailure = errno
        let preamble = try Preamble(receivedFrom: socket, flags: 0)
        if preamble.policy == .confined {
            guard hasLandlock else {
                throw .notConfined(reason: "landlock: \(systemMessage(landlockFailure))")
            }
            guard filtersCalls else {
                throw .notConfined(reason: "seccomp: \(systemMessage(filterFailure))")
            }
        }
        let limit = preamble.limits.memoryBytes.map { Int(clamping: $0) }
        let channel = WorkerChannel(socket: socket, memoryLimit: limit)
        let isolation = WorkerIsolation(landlockVersion: version, filtersCalls: filtersCalls)
        try channel.send(.ready(isolation))
        return channel
    }

    /// Leaves the preamble in the socket for the second stage.
    private static func peekPreamble(_ socket: Int32) throws(WorkerError) -> Preamble {
        try Preamble(receivedFrom: socket, flags: Int32(MSG_PEEK))
    }

    private static func apply(_ limits: WorkerLimits) throws(WorkerError) {
        let all: [(cl_limit, UInt64?)] = [
            (cl_limit_core, 0),
            // Standard streams, the socket, and what one message can carry.
            (cl_limit_files, 3 + UInt64(CL_DESCRIPTORS_MAX)),
            (cl_limit_processor, limits.processorSeconds),
            (cl_limit_file_size, limits.fileBytes),
        ]
        for (what, value) in all {
            guard let value else { continue }
            if cl_set_limit(what, value) != 0 { throw .system(call: "setrlimit", errno: errno) }
        }
    }

    /// Limits what is mapped from now on.
    ///
    /// What the program and its libraries have mapped counts neither way: most of it is never
    /// touched, and OpenBLAS, which asks for 128 MiB of room at its first product, would ask again
    /// for ever if it did not get them.
    private static func limitMemory(to bytes: UInt64?) throws(WorkerError) {
        guard let bytes else { return }
        reserveProductRoom()
        let (limit, isTooLarge) = cl_mapped_data().addingReportingOverflow(bytes)
        if !isTooLarge, cl_set_limit(cl_limit_memory, limit) != 0 {
            throw .system(call: "setrlimit", errno: errno)
        }
    }
}

/// The name under which the second stage knows itself, and `ps` shows it.
private let confinedName = "distml-worker (confined)"

extension Preamble {
    fileprivate init(receivedFrom socket: Int32, flags: Int32) throws(WorkerError) {
        var bytes = [UInt8](repeating: 0, count: Preamble.byteCount)
        while true {
            let got = recv(socket, &bytes, bytes.count, Int32(MSG_WAITALL) | flags)
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw .system(call: "recv", errno: errno) }
            guard got == bytes.count else { throw .closedByDaemon }
            break
        }
        self = try decodePreamble(bytes)
    }
}

private func decodePreamble(_ bytes: [UInt8]) throws(WorkerError) -> Preamble {
    do { return try Preamble(bytes) } catch { throw .malformed(error) }
}
