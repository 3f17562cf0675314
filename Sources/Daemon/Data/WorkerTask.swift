import ControlAPI
import Glibc
import Transport
import WorkerLink

/// Where workers of this node come from, and how they are locked in.
struct WorkerHost: Sendable {
    let place: WorkerPlace
    let policy: IsolationPolicy
    let memoryBytes: Int?

    /// What the configuration says; without a word there, `distml-worker` beside this program.
    init(_ worker: Configuration.Worker) {
        place =
            switch worker.source {
            case .program(let path): .program(path: path)
            case .socket(let path): .service(socket: path)
            case nil: .program(path: folderOfThisProgram() + "/distml-worker")
            }
        policy = worker.isolation == .none ? .none : .confined
        memoryBytes = worker.memoryBytes
    }
}

private func folderOfThisProgram() -> String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    guard count > 0 else { return "." }
    let text = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.lastIndex(of: "/").map { String(text[..<$0]) } ?? "."
}

/// A job for one worker that needs no ring: importing, evaluating, predicting.
struct WorkerTask: Sendable {
    let kind: JobKind
    let payload: [UInt8]
    /// Handed over in this order; the caller keeps and closes his.
    let descriptors: [Int32]
}

extension WorkerHost {
    /// Starts a worker, gives it the job and waits for its result on a thread of its own.
    ///
    /// A cancelled task ends the worker at once. `tell` gets what it reports on the way.
    /// - Returns: the metadata of its result.
    func run(
        _ task: WorkerTask,
        telling tell: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) async throws(WorkerTaskError) -> [UInt8] {
        let stop: WakeUp
        do throws(TransportError) { stop = try WakeUp() } catch { throw .noThread(error) }
        let result = await withTaskCancellationHandler {
            await self.result(of: task, stop, tell)
        } onCancel: {
            stop.ring()
        }
        return try result.get()
    }

    private func result(
        of task: WorkerTask,
        _ stop: WakeUp,
        _ tell: @escaping @Sendable ([UInt8]) -> Void
    ) async -> Result<[UInt8], WorkerTaskError> {
        do throws(WorkerTaskError) {
            return .success(
                try await onOwnThread("worker", failing: WorkerTaskError.noThread) {
                    Result { () throws(WorkerTaskError) in
                        try serve(task, until: stop, telling: tell)
                    }
                }
            )
        } catch {
            return .failure(error)
        }
    }

    private func serve(
        _ task: WorkerTask,
        until stop: WakeUp,
        telling tell: (([UInt8]) -> Void)
    ) throws(WorkerTaskError) -> [UInt8] {
        let result: Result<[UInt8], WorkerTaskError>
        do throws(WorkerError) {
            let limits = WorkerLimits(memoryBytes: memoryBytes.map { UInt64($0) })
            let worker = try WorkerProcess.launch(place, limits: limits, policy: policy)
            try worker.start(
                task.kind,
                payload: task.payload,
                descriptors: task.descriptors,
                until: .after(.seconds(30))
            )
            result = try converse(with: worker, until: stop, telling: tell)
        } catch {
            throw .worker(error)
        }
        return try result.get()
    }

    private func converse(
        with worker: WorkerProcess,
        until stop: WakeUp,
        telling tell: (([UInt8]) -> Void)
    ) throws(WorkerError) -> Result<[UInt8], WorkerTaskError> {
        var deadline = Deadline.after(silenceLimit)
        while true {
            while let message = try worker.receive() {
                deadline = .after(silenceLimit)
                switch message {
                case .progress(let bytes): tell(bytes)
                case .result(let report):
                    worker.end(within: .seconds(1))
                    return .success(report.metadata)
                case .failure(let failure): return .failure(.failed(failure))
                case .reduce, .gather, .checkpoint:
                    throw .unexpected(message: "a message of a run")
                case .ready, .refused, .log: break
                }
            }
            var entries = [
                pollfd(fd: worker.socket, events: worker.pollEvents, revents: 0),
                pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&entries, 2, 1_000)
            if entries[1].revents != 0 {
                worker.end(within: .zero)
                return .failure(.cancelled)
            }
            if deadline.hasPassed { throw .silent(limit: silenceLimit) }
            try worker.flush()
        }
    }
}

/// A worker that reads a large file may be busy with it for long, but not for ever.
private let silenceLimit = Duration.seconds(900)

/// Why a worker's job has no result.
enum WorkerTaskError: Error, Equatable, CustomStringConvertible {
    /// The worker broke, or never began.
    case worker(WorkerError)
    /// The worker says why it could not do it.
    case failed(WorkerFailure)
    /// Nobody wants the result any longer.
    case cancelled
    /// There is no thread to be had.
    case noThread(TransportError)

    var description: String {
        switch self {
        case .worker(let error): "\(error)"
        case .failed(let failure): "\(failure)"
        case .cancelled: "cancelled"
        case .noThread(let error): "\(error)"
        }
    }
}
