import Foundation
import Glibc
import LinearAlgebra
import Testing
import Transport

@testable import WorkerLink

@Suite("A worker's life")
struct WorkerProcessTests {
    let workers: TestWorkers

    init() throws { workers = try TestWorkers() }

    @Test("It is locked in before it gets its job, and inherits three descriptors")
    func lockedIn() throws {
        let worker = try workers.start("stop")
        #expect(worker.isolation.isConfined)
        // Its first line comes when it has its job, and with it the shared memory.
        _ = try worker.next()
        let pid = try #require(processID(of: worker))
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        #expect(status.contains("Seccomp:\t2\n"))
        #expect(status.contains("NoNewPrivs:\t1\n"))
        let environment = try String(contentsOfFile: "/proc/\(pid)/environ", encoding: .utf8)
        let kernels = kernelsToAskFor().map { "OPENBLAS_CORETYPE=\($0)\0" } ?? ""
        #expect(environment == "OPENBLAS_NUM_THREADS=1\0SWIFT_BACKTRACE=enable=no\0" + kernels)
        let folder = "/proc/\(pid)/fd"
        let open = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
            Int($0)
        }
        #expect(open.sorted() == [0, 1, 2, 3])
        let limits = try String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8)
        #expect(limits.contains(/Max core file size +0 +0/))
    }

    @Test("It answers with what it was given")
    func echo() throws {
        let worker = try workers.start("echo hello", memoryBytes: nil)
        let report = StateReport(id: 0, metadata: Array("hello".utf8), state: [])
        #expect(try worker.next() == .result(report))
        #expect(worker.end(within: .seconds(5)).status == .code(0))
    }

    @Test("It reads and writes the descriptors it was handed, and no others")
    func descriptors() throws {
        let source = try memoryFile("some rows")
        let target = try memoryFile("")
        defer { [source, target].forEach { _ = close($0) } }
        let worker = try workers.start("copy", descriptors: [source, target], memoryBytes: nil)
        #expect(try worker.next() == .result(StateReport(id: 0, metadata: [9, 2], state: [])))
        var room = [UInt8](repeating: 0, count: 9)
        #expect(pread(target, &room, 9, 0) == 9)
        #expect(room == Array("some rows".utf8))
    }

    @Test("Several ranges can be under way, and are answered in any order")
    func severalRanges() throws {
        let worker = try workers.start("reduce")
        let memory = try #require(worker.memory)
        var requests: [ReduceRequest] = []
        while requests.count < 3 {
            guard case .reduce(let request) = try worker.next() else { break }
            requests.append(request)
        }
        #expect(worker.isWaiting)
        for request in requests.reversed() {
            #expect(request.operation == .sum && request.range.count == 100)
            memory.update(request.range, as: Float.self) { span in
                for i in span.indices { span[i] *= 2 }
            }
            try worker.answer(request)
        }
        #expect(!worker.isWaiting)
        guard case .result(let report) = try worker.next() else {
            Issue.record("no result")
            return
        }
        let sums = report.state.flatMap { range in
            memory.update(range, as: Float.self) { span in span.indices.map { span[$0] } }
        }
        #expect(sums == (0..<300).map { Float($0) * 2 })
    }

    @Test("The reducer sums what lies in the shared memory there, and carries the rest")
    func reducer() throws {
        let bytes = WorkerReducer.sharedBytes(vectors: [20_000])
        let worker = try workers.start("sum", memoryBytes: bytes)
        let memory = try #require(worker.memory)
        var counts: [Int] = []
        while case .reduce(let request) = try worker.next() {
            counts.append(request.range.count)
            switch (request.range.element, request.operation) {
            case (.float32, .sum):
                memory.update(request.range, as: Float.self) { span in
                    for i in span.indices { span[i] *= 2 }
                }
            case (.float64, let operation):
                memory.update(request.range, as: Double.self) { span in
                    for i in span.indices { span[i] = operation == .sum ? span[i] * 2 : 7 }
                }
            default: Issue.record("\(request)")
            }
            try worker.answer(request)
            if request.operation == .max { break }
        }
        #expect(counts == [20_000, 18_432, 1568, 9216, 9216, 1568, 2])
        let report = StateReport(id: 0, metadata: [1, 1, 1], state: [])
        #expect(try worker.next() == .result(report))
    }

    @Test("A checkpoint lies still until it is confirmed")
    func checkpoint() throws {
        let worker = try workers.start("checkpoint")
        for round in UInt8(1)...3 {
            guard case .checkpoint(let report) = try worker.next() else {
                Issue.record("no checkpoint")
                return
            }
            #expect(report.metadata == [round])
            let bytes = worker.memory?.read(report.state[0]) { span in
                span.withUnsafeBytes { Array($0) }
            }
            #expect(bytes == [UInt8](repeating: round, count: 8))
            try worker.confirm(report)
        }
        #expect(try worker.next() == .result(StateReport(id: 0, metadata: [], state: [])))
    }

    @Test("Asked to stop, it stops")
    func stop() throws {
        let worker = try workers.start("stop")
        #expect(try worker.next() == .log(WorkerLogLine(level: .info, text: "waiting")))
        try worker.requestStop()
        #expect(try worker.next() == .result(StateReport(id: 0, metadata: [], state: [])))
    }

    @Test("A failure comes with its code and a line that is safe to show")
    func failure() throws {
        let worker = try workers.start("fail")
        let failure = WorkerFailure(code: "bad_row", message: "line\u{FFFD}[2J 3")
        #expect(try worker.next() == .failure(failure))
    }

    @Test("Closing its socket ends it in the middle of a computation")
    func diesWithDaemon() throws {
        let worker = try workers.start("spin")
        #expect(worker.end(within: .seconds(10)).status == .code(0))
    }

    @Test("Dropping the worker leaves no process behind")
    func noOrphan() throws {
        var worker: WorkerProcess? = try workers.start("hang")
        let pid = try #require(worker.flatMap { processID(of: $0) })
        worker = nil
        #expect(kill(pid, 0) == -1 && errno == ESRCH)
    }

    @Test(
        "How it ended is told",
        arguments: [
            ("leave 3", "worker exited with status 3"),
            ("kill", "worker was killed by signal 9 (SIGKILL)"),
        ]
    )
    func ends(words: String, text: String) throws {
        let worker = try workers.start(words)
        #expect(worker.failure()?.description == text)
    }

    @Test("A trap is told with the runtime's last words")
    func trap() throws {
        let worker = try workers.start("trap")
        let text = try #require(worker.failure()?.description)
        #expect(text.hasPrefix("worker was killed by signal "))
        #expect(text.contains("Index out of range"))
    }

    @Test("Memory beyond its limit is not to be had")
    func memoryLimit() throws {
        let limits = WorkerLimits(memoryBytes: 256 << 20)
        let worker = try workers.start("eat", limits: limits)
        #expect(worker.failure() == .ended(WorkerExit(.code(42))))
    }

    @Test(
        "Products need no room of the limit's, and are made by kernels of this processor",
        arguments: [nil, 96 << 20]
    )
    func products(memoryBytes: UInt64?) throws {
        let limits = WorkerLimits(memoryBytes: memoryBytes)
        let worker = try workers.start("multiply", limits: limits)
        let report = StateReport(id: 0, metadata: [1, 1], state: [])
        #expect(try worker.next() == .result(report))
    }

    @Test("Processor time beyond its limit is not to be had")
    func processorLimit() throws {
        let worker = try workers.start("spin", limits: WorkerLimits(processorSeconds: 1))
        #expect(worker.failure() == .ended(WorkerExit(.signal(SIGKILL))))
    }

    @Test("A program that is not there is named")
    func missing() {
        #expect(
            throws: WorkerError.cannotStart(
                place: "/nowhere/worker",
                reason: "No such file or directory"
            )
        ) { _ = try WorkerProcess.launch(.program(path: "/nowhere/worker")) }
        #expect(
            throws: WorkerError.cannotStart(
                place: "/nowhere/socket",
                reason: "No such file or directory"
            )
        ) { _ = try WorkerProcess.launch(.service(socket: "/nowhere/socket")) }
    }

    @Test("A service that starts one for each connection gives the same worker")
    func service() throws {
        let service = try WorkerService(program: try workers.program())
        let worker = try WorkerProcess.launch(.service(socket: service.path))
        #expect(worker.isolation.isConfined && worker.exitDescriptor == nil)
        let payload = Array("echo hello".utf8)
        try worker.start(.train, payload: payload, descriptors: [], until: .after(.seconds(10)))
        let report = StateReport(id: 0, metadata: Array("hello".utf8), state: [])
        #expect(try worker.next() == .result(report))
        #expect(worker.end(within: .zero).description == "closed its socket")
    }

    @Test("Start to ready takes little")
    func startTime() throws {
        let clock = ContinuousClock()
        var times: [Duration] = []
        for _ in 0..<9 {
            var worker: WorkerProcess?
            times.append(
                try clock.measure {
                    worker = try WorkerProcess.launch(.program(path: try workers.program()))
                }
            )
            #expect(worker?.isolation.isConfined == true)
        }
        // Reported, not judged: a busy machine is no fault of ours.
        print("start to ready, median of 9: \(times.sorted()[4])")
    }

    private func processID(of worker: WorkerProcess) -> pid_t? {
        guard let descriptor = worker.exitDescriptor else { return nil }
        let path = "/proc/self/fdinfo/\(descriptor)"
        let info = try? String(contentsOfFile: path, encoding: .utf8)
        return info?.firstMatch(of: /Pid:\t(\d+)/).flatMap { pid_t($0.1) }
    }
}

/// A file that holds `text`, open for reading and writing.
private func memoryFile(_ text: String) throws -> Int32 {
    let url = FileManager.default.temporaryDirectory.appending(path: "seam-\(UUID())")
    let descriptor = open(url.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    unlink(url.path)
    #expect(write(descriptor, text, text.utf8.count) == text.utf8.count)
    return descriptor
}
