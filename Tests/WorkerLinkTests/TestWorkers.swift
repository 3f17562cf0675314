import Foundation
import Testing
import Transport

@testable import WorkerLink

/// A folder of test workers under the names that decide how they behave at first.
final class TestWorkers {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "workers-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The path of the test worker under `name`.
    func program(_ name: String = "test-worker") throws -> String {
        let link = folder.appending(path: name)
        if !FileManager.default.fileExists(atPath: link.path) {
            let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
                .deletingLastPathComponent().appending(path: "TestWorker")
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: program)
        }
        return link.path
    }

    /// Starts a worker and gives it a job of which `words` say what it is to do.
    func start(
        _ words: String,
        descriptors: [Int32] = [],
        memoryBytes: Int? = 4096,
        limits: WorkerLimits = WorkerLimits()
    ) throws -> WorkerProcess {
        let worker = try WorkerProcess.launch(.program(path: try program()), limits: limits)
        try worker.start(
            .train,
            payload: Array(words.utf8),
            descriptors: descriptors,
            memory: try memoryBytes.map { try SharedMemory(byteCount: $0) },
            until: .after(.seconds(10))
        )
        return worker
    }
}

extension WorkerProcess {
    /// Sleeps until a message has come.
    func next(within limit: Duration = .seconds(20)) throws -> WorkerMessage {
        let deadline = Deadline.after(limit)
        while true {
            if let message = try receive() { return message }
            try waitUntilReady(socket, for: Int32(pollEvents), until: deadline, peer: "worker")
            try flush()
        }
    }

    /// Takes messages until one is an error, and returns that.
    func failure() -> WorkerError? {
        do {
            while true { _ = try next() }
        } catch {
            return error as? WorkerError
        }
    }
}
