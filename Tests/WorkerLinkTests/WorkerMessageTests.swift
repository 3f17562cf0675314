import Testing
import Wire

@testable import WorkerLink

@Suite("Messages between daemon and worker")
struct WorkerMessageTests {
    static let all: [WorkerMessage] = [
        .ready(WorkerIsolation(landlockVersion: 7, filtersCalls: true)),
        .refused(reason: "landlock: Function not implemented"),
        .reduce(
            ReduceRequest(
                id: 7,
                range: SharedRange(checkedOffset: 64, count: 9, element: .float32),
                operation: .max
            )
        ),
        .progress([1, 2, 3]),
        .progress([]),
        .checkpoint(
            StateReport(
                id: 3,
                metadata: [9],
                state: [SharedRange(checkedOffset: 0, count: 5, element: .byte)]
            )
        ),
        .result(StateReport(id: 0, metadata: [], state: [])),
        .failure(WorkerFailure(code: "bad_number", message: "line 3", detail: [0, 255])),
        .log(WorkerLogLine(level: .warning, text: "slow")),
    ]

    static func read(_ frame: SeamFrame, _ memory: SharedMemory?) throws -> WorkerMessage {
        let kind = try #require(WorkerFrameKind(rawValue: frame.kind))
        return try WorkerMessage(kind, payload: frame.payload, memory: memory)
    }

    @Test("What is written is read back", arguments: all)
    func roundTrip(message: WorkerMessage) throws {
        let memory = try SharedMemory(byteCount: 4096)
        #expect(try Self.read(message.frame, memory) == message)
    }

    @Test("Every message cut short or too long is an error, never a trap", arguments: all)
    func cut(message: WorkerMessage) throws {
        let memory = try SharedMemory(byteCount: 4096)
        let frame = message.frame
        if case .progress = message { return }
        for count in 0..<frame.payload.count {
            let short = SeamFrame(kind: frame.kind, payload: Array(frame.payload[..<count]))
            #expect(throws: WorkerError.self) { try Self.read(short, memory) }
        }
        let long = SeamFrame(kind: frame.kind, payload: frame.payload + [0])
        #expect(throws: WorkerError.self) { try Self.read(long, memory) }
    }

    @Test("Random bytes never trap, and never yield a range outside of the memory")
    func random() throws {
        let memory = try SharedMemory(byteCount: 4096)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let kind = UInt8.random(in: 16...23, using: &generator)
            let count = Int.random(in: 0...64, using: &generator)
            // Mostly zeros, so that some get past the first fields.
            let payload = (0..<count).map { _ in
                Bool.random(using: &generator) ? UInt8.random(in: 0...255, using: &generator) : 0
            }
            let frame = SeamFrame(kind: kind, payload: payload)
            guard let message = try? Self.read(frame, memory) else { continue }
            for range in ranges(of: message) {
                #expect(range.byteOffset >= 0 && range.byteOffset + range.byteCount <= 4096)
            }
        }
    }

    private func ranges(of message: WorkerMessage) -> [SharedRange] {
        switch message {
        case .reduce(let request): [request.range]
        case .gather(let request): [request.range]
        case .checkpoint(let report), .result(let report): report.state
        default: []
        }
    }

    @Test("Without a memory no range is inside")
    func noMemory() {
        #expect(throws: WorkerError.outOfRange(offset: 64, bytes: 9, size: 0)) {
            try Self.read(Self.all[2].frame, nil)
        }
    }

    @Test("Text of a worker cannot steer a terminal")
    func printableText() throws {
        let line = WorkerMessage.log(WorkerLogLine(level: .info, text: "a\u{1B}[2J\n\u{202E}b"))
        let read = try Self.read(line.frame, nil)
        let clean = "a\u{FFFD}[2J\u{FFFD}\u{FFFD}b"
        #expect(read == .log(WorkerLogLine(level: .info, text: clean)))
    }

    @Test("A long text is cut, also within a character")
    func longText() throws {
        let text = String(repeating: "é", count: 4096)
        guard
            case .log(let line) = try Self.read(
                WorkerMessage.log(WorkerLogLine(level: .info, text: text)).frame,
                nil
            )
        else {
            Issue.record("not a log line")
            return
        }
        #expect((4000...4096).contains(line.text.utf8.count))
    }

    @Test(
        "What the daemon says is read back",
        arguments: [
            .start(
                .init(kind: .predict, memoryBytes: 1 << 40, descriptorCount: 3, payload: [1, 2])
            ),
            .start(.init(kind: .importData, memoryBytes: 0, descriptorCount: 0, payload: [])),
            .reduced(id: 1), .confirmed(id: .max), .stop,
        ] as [DaemonMessage]
    )
    func daemonRoundTrip(message: DaemonMessage) throws {
        #expect(try DaemonMessage(message.frame) == message)
    }

    @Test(
        "The preamble is read back",
        arguments: [
            Preamble(limits: WorkerLimits(), policy: .confined),
            Preamble(
                limits: WorkerLimits(memoryBytes: 1, processorSeconds: 2, fileBytes: 3),
                policy: .none
            ),
        ]
    )
    func preamble(preamble: Preamble) throws {
        #expect(preamble.bytes.count == Preamble.byteCount)
        #expect(try Preamble(preamble.bytes) == preamble)
    }

    @Test("A preamble of another protocol is refused")
    func foreignPreamble() {
        let bytes = Array("distmlW2".utf8) + [UInt8](repeating: 0, count: 25)
        let reason = WireError.badValue(what: "preamble", value: "not 'distmlW1'")
        #expect(throws: reason) { try Preamble(bytes) }
    }
}

@Suite("Cutting a stream into frames")
struct FrameBufferTests {
    @Test("Frames come out whole however the bytes arrive", arguments: [1, 2, 3, 7, 100])
    func pieces(size: Int) throws {
        let frames = (0..<20).map { index in
            SeamFrame(kind: UInt8(index), payload: [UInt8](repeating: 7, count: index * 3))
        }
        let bytes = frames.flatMap(\.bytes)
        var buffer = FrameBuffer()
        var seen: [SeamFrame] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { buffer.append($0) }
            while let frame = try buffer.next(limit: { _ in 100 }) { seen.append(frame) }
        }
        #expect(seen == frames)
    }

    @Test("A frame that is too long is refused by its header alone")
    func tooLong() {
        var buffer = FrameBuffer()
        let header: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 21]
        header.withUnsafeBytes { buffer.append($0) }
        let error = WorkerError.messageTooLong(kind: 21, bytes: 0xFFFF_FFFF, limit: 10)
        #expect(throws: error) { try buffer.next { _ in 10 } }
    }
}

@Suite("Watching a worker")
struct WatchTests {
    private func check(
        _ watch: inout SilenceWatch,
        ticks: UInt64,
        isWaiting: Bool,
        now: Int64,
        is expected: Bool
    ) throws {
        let isSilent = watch.isSilent(ticks: ticks, isWaiting: isWaiting, now: now)
        try #require(isSilent == expected, "ticks \(ticks) at \(now)")
    }

    @Test("A counter that stands still for the limit is silence, one that moves is not")
    func silence() throws {
        var watch = SilenceWatch(limit: .seconds(10))
        let second: Int64 = 1_000_000_000
        try check(&watch, ticks: 5, isWaiting: false, now: 0, is: false)
        try check(&watch, ticks: 5, isWaiting: false, now: 9 * second, is: false)
        try check(&watch, ticks: 6, isWaiting: false, now: 10 * second, is: false)
        try check(&watch, ticks: 6, isWaiting: false, now: 19 * second, is: false)
        try check(&watch, ticks: 6, isWaiting: false, now: 20 * second, is: true)
    }

    @Test("Whoever waits for us is not silent")
    func waiting() throws {
        var watch = SilenceWatch(limit: .seconds(10))
        let second: Int64 = 1_000_000_000
        try check(&watch, ticks: 5, isWaiting: true, now: 0, is: false)
        try check(&watch, ticks: 5, isWaiting: true, now: 60 * second, is: false)
        try check(&watch, ticks: 5, isWaiting: false, now: 69 * second, is: false)
        watch.heard()
        try check(&watch, ticks: 5, isWaiting: false, now: 75 * second, is: false)
        try check(&watch, ticks: 5, isWaiting: false, now: 85 * second, is: true)
    }

    @Test("Too many messages within a second are a flood, as many over two are not")
    func flood() {
        var watch = FloodWatch(limit: 3)
        let times: [Int64] = [0, 1, 999_999_999, 1_000_000_000, 1_000_000_001, 1_000_000_002]
        var floods: [Bool] = []
        for time in times { floods.append(watch.isFlooding(now: time)) }
        #expect(floods == Array(repeating: false, count: 6))
        let isFlood = watch.isFlooding(now: 1_000_000_003)
        #expect(isFlood)
    }

    @Test(
        "An end is told in the kernel's words",
        arguments: [
            (WorkerExit(.code(3)), "exited with status 3"),
            (WorkerExit(.signal(9)), "was killed by signal 9 (SIGKILL)"),
            (WorkerExit(.signal(4), lastWords: "why"), "was killed by signal 4 (SIGILL): why"),
            (WorkerExit(.unknown), "closed its socket"),
        ]
    )
    func words(exit: WorkerExit, text: String) {
        #expect(exit.description == text)
        #expect(WorkerError.ended(exit).description == "worker \(text)")
    }
}
