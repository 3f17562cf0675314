internal import CLinux
internal import Glibc
internal import Transport

/// A process that this daemon started; ended and reaped with this object at the latest.
final class ChildProcess {
    /// Becomes readable when the process has ended.
    let descriptor: Int32
    private let pid: pid_t
    private let lastWords: LastWords
    private var exit: WorkerExit?

    /// Starts `program` with `socket` as its standard input and nothing else of ours.
    init(program: String, socket: Int32) throws(WorkerError) {
        let lastWords = try LastWords()
        var pid: pid_t = 0
        let failed = cl_spawn(program, socket, lastWords.descriptor, &pid)
        guard failed == 0 else {
            throw .cannotStart(place: program, reason: systemMessage(failed))
        }
        self.pid = pid
        self.lastWords = lastWords
        descriptor = cl_pidfd(pid)
        guard descriptor >= 0 else {
            let reason = errno
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw .system(call: "pidfd_open", errno: reason)
        }
    }

    deinit {
        _ = end(within: .zero)
        close(descriptor)
    }

    /// How it ended, if it has; reaps it.
    func poll() -> WorkerExit? {
        if let exit { return exit }
        var code: Int32 = 0
        var signal: Int32 = 0
        guard cl_reap(pid, &code, &signal) == 1 else { return nil }
        let status = signal == 0 ? WorkerExit.Status.code(code) : .signal(signal)
        exit = WorkerExit(status, lastWords: lastWords.line)
        return exit
    }

    /// Gives it `grace` to leave, then ends it.
    func end(within grace: Duration) -> WorkerExit {
        if let exit = wait(.after(grace)) { return exit }
        _ = cl_pidfd_signal(descriptor, SIGKILL)
        // A killed process is gone in a moment, unless the kernel itself holds it.
        return wait(.after(.seconds(5))) ?? WorkerExit(.unknown)
    }

    private func wait(_ deadline: Deadline) -> WorkerExit? {
        while true {
            if let exit = poll() { return exit }
            if deadline.hasPassed { return nil }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = Glibc.poll(&entry, 1, deadline.pollMilliseconds)
        }
    }
}
