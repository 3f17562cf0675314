import Glibc
import Testing
import Transport

@testable import WorkerLink

@Suite("A hostile program in the worker's place")
struct HostileWorkerTests {
    let workers: TestWorkers

    init() throws { workers = try TestWorkers() }

    @Test("Whatever it tries against the machine and the daemon is refused")
    func attacks() throws {
        let worker = try workers.start("attack \(getpid())")
        let before = try #require(worker.memory)
        var count = 0
        loop: while true {
            switch try worker.next() {
            case .log(let line):
                #expect(line.text.hasSuffix(": \(EPERM)"), "\(line.text)")
                count += 1
            case .result: break loop
            case let other:
                Issue.record("\(other)")
                break loop
            }
        }
        #expect(count == 48)
        #expect(before.isSealed)
        var status = stat()
        #expect(fstat(before.descriptor, &status) == 0 && status.st_size == 8192)
    }

    @Test(
        "A message that means nothing, or has no place, is an error of its own",
        arguments: malformedMessages
    )
    func malformed(bytes: String, text: String) throws {
        let worker = try workers.start("raw \(bytes)")
        let description = try #require(worker.failure()?.description)
        #expect(description.contains(text), "\(description)")
    }

    @Test("A flood of messages is noticed and ends it")
    func flood() throws {
        let worker = try workers.start("flood")
        #expect(worker.failure() == .flooding(limit: 5000))
    }

    @Test("One that never reads fills its own queue, not the daemon's")
    func deaf() throws {
        let worker = try workers.start("hang")
        var thrown: WorkerError?
        for _ in 0..<1_000_000 {
            do { try worker.requestStop() } catch {
                thrown = error
                break
            }
        }
        guard case .notReading(let waiting) = thrown else {
            Issue.record("\(String(describing: thrown))")
            return
        }
        #expect(waiting < 70_000)
    }

    @Test("One that stays when its socket is closed is killed")
    func clinging() throws {
        let worker = try workers.start("cling")
        let exit = worker.end(within: .milliseconds(100))
        #expect(exit == WorkerExit(.signal(SIGKILL)))
    }

    @Test("One that computes nothing is found silent")
    func silent() throws {
        let worker = try workers.start("hang")
        worker.silenceLimit = .milliseconds(300)
        try worker.checkSilence()
        #expect(throws: WorkerError.silent(limit: .milliseconds(300))) {
            while true {
                try worker.checkSilence()
                poll(nil, 0, 20)
            }
        }
    }

    @Test("One that computes is not, however long it takes")
    func busy() throws {
        let worker = try workers.start("spin")
        worker.silenceLimit = .milliseconds(300)
        let deadline = Deadline.after(.milliseconds(900))
        while !deadline.hasPassed {
            try worker.checkSilence()
            poll(nil, 0, 20)
        }
    }

    @Test("One that says nothing at all is given up at the deadline")
    func mute() throws {
        let program = try workers.program("mute")
        #expect(throws: WorkerError.notReady(limit: .milliseconds(300))) {
            _ = try WorkerProcess.launch(
                .program(path: program),
                until: .after(.milliseconds(300))
            )
        }
    }

    @Test(
        "One that misbehaves before it is ready is refused",
        arguments: [
            ("leaver", "worker exited with status 9"),
            ("babbler", "worker sent 'message of kind 255' out of turn"),
            ("boaster", "worker sent 'reduce' out of turn"),
            ("open", "worker cannot confine itself: only none"),
        ]
    )
    func early(name: String, text: String) throws {
        let program = try workers.program(name)
        #expect {
            _ = try WorkerProcess.launch(.program(path: program))
        } throws: { error in "\(error)" == text }
    }

    @Test(
        "A kernel that cannot lock it in: it refuses to start and says why",
        arguments: [
            ("without-landlock", "landlock: Function not implemented"),
            ("without-seccomp", "seccomp: Invalid argument"),
        ]
    )
    func cannotConfine(name: String, reason: String) throws {
        let program = try workers.program(name)
        #expect(throws: WorkerError.notConfined(reason: reason)) {
            _ = try WorkerProcess.launch(.program(path: program))
        }
    }

    @Test(
        "Where the configuration allows it, it starts all the same and says what is in force",
        arguments: [("without-landlock", false, true), ("without-seccomp", true, false)]
    )
    func mayStayOpen(name: String, hasLandlock: Bool, filtersCalls: Bool) throws {
        let program = try workers.program(name)
        let worker = try WorkerProcess.launch(.program(path: program), policy: .none)
        #expect((worker.isolation.landlockVersion > 0) == hasLandlock)
        #expect(worker.isolation.filtersCalls == filtersCalls)
        #expect(!worker.isolation.isConfined)
    }
}

/// Bytes in hexadecimal digits, and a part of what the error says.
private let malformedMessages: [(bytes: String, text: String)] = [
    // Kind 99.
    ("0000000063", "out of turn"),
    // A result of 4 GiB.
    ("ffffffff15", "announced a message (21) of 4294967295 bytes"),
    // A reduce of 65 bytes.
    ("4100000012", "announced a message (18) of 65 bytes"),
    // A reduce without its range.
    ("05000000120100000001", "message ends inside offset of the range"),
    // Element 9, operation 7.
    (hexReduce(offset: 0, count: 1, element: 9), "element of the range has"),
    (hexReduce(offset: 0, count: 1, element: 2, operation: 7), "operation has"),
    // Ranges outside of 4096 bytes.
    (hexReduce(offset: 4096, count: 1, element: 2), "of a shared memory of 4096"),
    (hexReduce(offset: 0, count: 1025, element: 2), "of a shared memory of 4096"),
    (hexReduce(offset: 2, count: 1, element: 2), "of a shared memory of 4096"),
    (hexReduce(offset: .max, count: .max, element: 3), "of a shared memory of 4096"),
    (hexReduce(offset: 8, count: .max / 8 + 1, element: 3), "of a shared memory of 4096"),
    // Twice the same request.
    (twice, "'one reduce more' out of turn"),
    // Ready once more.
    ("02000000100701", "'ready' out of turn"),
    // Something after the result.
    ("0c000000150000000000000000000000000000000013", "'progress' out of turn"),
    // A result with more ranges than there are bytes for.
    ("0c000000150000000000000000ffffffff", "ranges claims 4294967295 items"),
    // A log line that is not UTF-8, of a level that is none.
    ("06000000170101000000ff", "text is not UTF-8"),
    ("05000000170900000000", "level has the meaningless value 9"),
]

private let twice: String = {
    let one = hexReduce(offset: 0, count: 1, element: 2)
    return one + one
}()

private func hexReduce(
    offset: UInt64,
    count: UInt64,
    element: UInt8,
    operation: UInt8 = 1
) -> String {
    var bytes: [UInt8] = [22, 0, 0, 0, 18, 1, 0, 0, 0, operation]
    withUnsafeBytes(of: offset.littleEndian) { bytes += $0 }
    withUnsafeBytes(of: count.littleEndian) { bytes += $0 }
    return (bytes + [element]).map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}
