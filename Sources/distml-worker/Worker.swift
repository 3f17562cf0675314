import CLinux
import Glibc
import WorkerLink

/// `distml-worker`: one job for one daemon, over the socket that is its standard input.
///
/// It locks itself in before it reads a byte, does what the job says, and leaves with the daemon.
@main
struct Worker {
    static func main() {
        do throws(WorkerError) {
            let channel = try WorkerConfinement.enter(socket: socket)
            leaveWithDaemon()
            let job = try channel.receiveJob()
            try work(on: job, by: channel)
        } catch .closedByDaemon {
            // Nobody is left to work for.
            exit(0)
        } catch {
            say(error)
            exit(WorkerConfinement.refusalStatus)
        }
    }

    private static func work(on job: WorkerJob, by channel: WorkerChannel) throws(WorkerError) {
        do throws(WorkerFailure) {
            switch job.kind {
            case .train: try train(job, channel)
            case .importData: try importData(job, channel)
            case .evaluate: try evaluate(job, channel)
            case .predict: try predict(job, channel)
            }
        } catch {
            try channel.fail(error)
        }
    }
}

/// Where the daemon is.
private let socket: Int32 = 0

/// Starts the thread that ends this process with its daemon, also amid a long computation.
private func leaveWithDaemon() {
    var thread = pthread_t()
    let failure = pthread_create(&thread, nil, watch, nil)
    precondition(failure == 0, "no thread to watch the daemon: error \(failure)")
}

private func watch(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    cl_await_hangup(socket)
    _exit(0)
}

private func say(_ error: WorkerError) {
    let line = "distml-worker: \(error)\n"
    _ = write(STDERR_FILENO, line, line.utf8.count)
}
