import Domain
import LinearAlgebra
import Training
import Transport
import WorkerLink

/// Tells the daemon how training goes.
///
/// An error of the seam is not reported from here: the daemon is gone then, and this process goes
/// with it.
final class TrainingReporter: TrainingObserver {
    private let channel: WorkerChannel
    private let arena: SharedArena
    private var room: SharedRange?
    /// Points not told yet: those of whole epochs, and the last.
    private var waiting: [RunProgress] = []
    private var reportedAt = -Double.infinity

    init(channel: WorkerChannel, arena: SharedArena) {
        self.channel = channel
        self.arena = arena
    }

    func tick() { arena.memory.tick() }

    func chose(_ line: String) {
        try? channel.report(progress: TrainingNews.chose(line).bytes)
    }

    /// Small steps come by the thousand: what is shown is a few points a second, and the last one.
    func progressed(_ progress: RunProgress) {
        if let last = waiting.last, !last.isWholeEpoch { waiting.removeLast() }
        // Hundreds of epochs between two reports look the same as half of them.
        if waiting.count >= 64 {
            waiting = waiting.indices.filter { $0 % 2 == 1 }.map { waiting[$0] }
        }
        waiting.append(progress)
        if seconds - reportedAt >= 0.1 { reportWaiting() }
    }

    func save(_ checkpoint: TrainingCheckpoint) {
        reportWaiting()
        do {
            let range = try put(checkpoint.bytes)
            try channel.checkpoint(metadata: [], state: [range])
        } catch {
            try? channel.log(.warning, "a checkpoint could not be handed over: \(error)")
        }
    }

    var isAskedToStop: Bool { (try? channel.isStopRequested()) ?? true }

    var seconds: Double { Double(monotonicNanoseconds()) * 1e-9 }

    /// Hands over the finished model.
    func finish(_ output: consuming TrainingOutput) throws(WorkerFailure) {
        reportWaiting()
        let metadata = TrainingReport(result: output.result, shape: output.shape).bytes
        let count = output.words.count
        try overSeam { () throws(WorkerError) in
            let range = try arena.take(count, of: .float32)
            arena.memory.update(range, as: Float.self) { span in
                for i in span.indices { span[i] = output.words[i] }
            }
            try channel.finish(metadata: metadata, state: [range])
        }
    }

    private func reportWaiting() {
        guard !waiting.isEmpty else { return }
        let points = waiting
        waiting = []
        reportedAt = seconds
        for point in points {
            try? channel.report(progress: TrainingNews.progress(point).bytes)
        }
    }

    /// Copies bytes to the shared memory, where the last ones lay if they fit.
    private func put(_ bytes: [UInt8]) throws(WorkerError) -> SharedRange {
        if let room, room.count >= bytes.count {
            return try copy(bytes, to: UInt64(room.byteOffset))
        }
        let range = try arena.take(bytes.count, of: .byte)
        room = range
        return try copy(bytes, to: UInt64(range.byteOffset))
    }

    private func copy(_ bytes: [UInt8], to offset: UInt64) throws(WorkerError) -> SharedRange {
        let range = try arena.memory.range(
            offset: offset,
            count: UInt64(bytes.count),
            of: .byte
        )
        arena.memory.update(range, as: UInt8.self) { span in
            span.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: bytes) }
        }
        return range
    }
}
