import Collectives
import Domain
import TLSTransport
import Transport
import WorkerLink

/// What a rank's worker says that outlives the moment.
enum RunNews: Sendable {
    /// How far it is; the job's own form.
    case progress([UInt8])
    /// State to keep: metadata, then the bytes.
    case checkpoint([UInt8], [UInt8])
    /// A line for the run's log.
    case log(WorkerLogLine)
}

/// How a rank's part ended.
enum RunEnd: Sendable {
    /// The worker handed over its result: metadata, then the bytes of its state.
    case finished([UInt8], [UInt8])
    /// Something broke, here or elsewhere.
    case broken(Cause)
}

/// One rank's part in a run: its worker and its ring, driven by one thread.
///
/// The worker asks for ranges of the shared memory to be summed; the ring sends and receives
/// straight from there. Nothing waits without an end: the monitor sees the worker die, orders
/// come, and peers go.
struct RunEngine: ~Copyable {
    private let worker: WorkerProcess
    private let monitor: RunMonitor
    private let own: Rank
    private var ring: Ring<TLSLink>
    private let tell: @Sendable (RunNews) -> Void
    /// Bytes that this rank has sent around the ring.
    private(set) var bytesSent = 0

    init(
        worker: WorkerProcess,
        monitor: RunMonitor,
        ring: consuming Ring<TLSLink>,
        telling tell: @escaping @Sendable (RunNews) -> Void
    ) {
        self.worker = worker
        self.monitor = monitor
        own = ring.rank
        self.ring = ring
        self.tell = tell
    }

    /// Serves the worker until it is done or something breaks; blocks.
    mutating func run() -> RunEnd {
        do throws(CollectiveError) {
            while true {
                if let end = try takeMessages() { return end }
                try ring.watch(atMost: .milliseconds(250))
            }
        } catch {
            return broken(error)
        }
    }

    /// Obeys all that the worker has said; the end of the run where it came.
    private mutating func takeMessages() throws(CollectiveError) -> RunEnd? {
        do throws(WorkerError) {
            while let message = try worker.receive() {
                if let end = try handle(message) { return end }
            }
            return nil
        } catch {
            throw .aborted(monitor.cause(of: error))
        }
    }

    /// Obeys one message; the end of the run where it is the last.
    private mutating func handle(_ message: WorkerMessage) throws(WorkerError) -> RunEnd? {
        switch message {
        case .reduce(let request):
            if let failure = reduce(request) { return broken(failure) }
            try worker.answer(request)
        case .gather(let request):
            let lengths: [Int]
            do throws(CollectiveError) { lengths = try gather(request) } catch {
                return broken(error)
            }
            try worker.answer(request, lengths: lengths)
        case .progress(let bytes): tell(.progress(bytes))
        case .log(let line): tell(.log(line))
        case .checkpoint(let report):
            tell(.checkpoint(report.metadata, bytes(of: report)))
            try worker.confirm(report)
        case .result(let report):
            let state = bytes(of: report)
            // Nobody hangs up before everybody has a result.
            do throws(CollectiveError) { try ring.barrier() } catch { return broken(error) }
            _ = worker.end(within: .seconds(1))
            return .finished(report.metadata, state)
        case .failure(let failure):
            let reason = failure.code.isEmpty ? failure.message : "\(failure.code): \(failure)"
            return broken(.aborted(monitor.cause(because: failurePrefix + reason)))
        case .ready, .refused: break
        }
        return nil
    }

    private mutating func broken(_ error: CollectiveError) -> RunEnd {
        let cause = error.cause(own: own, step: monitor.step)
        ring.abort(cause)
        _ = worker.end(within: .milliseconds(200))
        return .broken(cause)
    }

    /// Sums a range of the shared memory over all ranks, in place.
    private mutating func reduce(_ request: ReduceRequest) -> CollectiveError? {
        guard let memory = worker.memory else { return nil }
        let range = request.range
        let reduction: Reduction = request.operation == .sum ? .sum : .max
        monitor.isIdle = false
        defer { monitor.isIdle = true }
        bytesSent += ring.allReduceBytes(range.byteCount)
        do throws(CollectiveError) {
            switch range.element {
            case .float32: try reduce(range, of: memory, as: Float.self, by: reduction)
            case .float64: try reduce(range, of: memory, as: Double.self, by: reduction)
            case .int32: try reduce(range, of: memory, as: Int32.self, by: reduction)
            case .int64: try reduce(range, of: memory, as: Int64.self, by: reduction)
            case .byte:
                throw .aborted(monitor.cause(because: "the worker asked for a sum of bytes"))
            }
            return nil
        } catch {
            return error
        }
    }

    /// Puts the bytes of all ranks into the range, one string after the other.
    /// - Returns: the length of each.
    private mutating func gather(_ request: GatherRequest) throws(CollectiveError) -> [Int] {
        guard let memory = worker.memory else { return [] }
        monitor.isIdle = false
        defer { monitor.isIdle = true }
        var own: [UInt8] = []
        memory.read(request.range) { span in
            span.withUnsafeBytes { own.append(contentsOf: $0.prefix(request.ownBytes)) }
        }
        bytesSent += (ring.worldSize - 1) * own.count
        let all = try ring.allGather(bytes: own, limit: request.range.count)
        memory.update(request.range, as: UInt8.self) { span in
            var offset = 0
            for string in all {
                for (index, byte) in string.enumerated() { span[offset + index] = byte }
                offset += string.count
            }
        }
        return all.map(\.count)
    }

    private mutating func reduce<Element: RingElement>(
        _ range: SharedRange,
        of memory: SharedMemory,
        as type: Element.Type,
        by reduction: Reduction
    ) throws(CollectiveError) {
        try memory.update(range, as: type) { values throws(CollectiveError) in
            try ring.allReduce(&values, reduction)
        }
    }

    private func bytes(of report: StateReport) -> [UInt8] {
        guard let memory = worker.memory else { return [] }
        var bytes: [UInt8] = []
        for range in report.state {
            memory.read(range) { span in
                span.withUnsafeBytes { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }
}
