import CLinux
import Glibc
import Learning
import LinearAlgebra
import TestCalls
import WorkerLink

/// A program in a worker's place that does what its test asks of it.
///
/// Before it is locked in it behaves as the name under which it was started says, after that as
/// the payload of its job does.
@main
struct TestWorker {
    static func main() {
        misbehaveEarly(CommandLine.arguments.first?.split(separator: "/").last ?? "")
        do {
            let channel = try WorkerConfinement.enter(socket: 0)
            let job = try channel.receiveJob()
            let words = String(decoding: job.payload, as: UTF8.self).split(separator: " ")
            if words[0] != "cling" {
                var thread = pthread_t()
                pthread_create(&thread, nil, leaveWithDaemon, nil)
            }
            try work(words.map(String.init), on: job, by: channel)
        } catch {
            let line = "\(error)\n"
            _ = write(2, line, line.utf8.count)
            exit(WorkerConfinement.refusalStatus)
        }
    }
}

private func leaveWithDaemon(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    cl_await_hangup(0)
    _exit(0)
}

private func misbehaveEarly(_ name: Substring) {
    switch name {
    case "mute": while true { poll(nil, 0, -1) }
    case "leaver": exit(9)
    case "babbler": say(.init(repeating: 0xFF, count: 4096))
    case "boaster": say(frame(18, reduce(offset: 0, count: 1, element: 2)))
    // Says that it is ready, and that nothing confines it.
    case "open": say(frame(16, [0, 0]))
    case "without-landlock": _ = test_forbid_landlock()
    case "without-seccomp": _ = test_forbid_seccomp()
    default: return
    }
    guard name.hasPrefix("without") else { while true { poll(nil, 0, -1) } }
}

private func work(_ words: [String], on job: WorkerJob, by channel: WorkerChannel) throws {
    switch words[0] {
    case "echo": try channel.finish(metadata: Array(words[1].utf8))
    case "spin": while true { job.memory?.tick() }
    case "hang", "cling": while true { poll(nil, 0, -1) }
    case "leave": exit(Int32(words[1]) ?? 0)
    case "kill": kill(getpid(), SIGKILL)
    case "trap": _ = [0][words.count]
    case "eat": eatMemory()
    case "multiply": try multiply(channel)
    case "raw": say(words[1...].flatMap { bytes(ofHex: $0) })
    case "flood": while true { try channel.log(.info, "the same again") }
    case "reduce": try reduce(job, channel)
    case "sum": try sum(job, channel)
    case "checkpoint": try checkpoint(job, channel)
    case "fail": try channel.fail(WorkerFailure(code: "bad_row", message: "line\u{1B}[2J 3"))
    case "copy": try copy(job, channel)
    case "stop":
        try channel.log(.info, "waiting")
        while try !channel.isStopRequested() { job.memory?.tick() }
        try channel.finish(metadata: [])
    case "attack": try attack(job, channel, daemon: Int(words[1]) ?? 0)
    default: exit(2)
    }
    while true { poll(nil, 0, -1) }
}

/// Asks for three sums at once, and takes the answers in another order.
private func reduce(_ job: WorkerJob, _ channel: WorkerChannel) throws {
    guard let memory = job.memory else { return }
    let ranges = try (0..<3).map {
        try memory.range(offset: UInt64($0 * 400), count: 100, of: .float32)
    }
    for (index, range) in ranges.enumerated() {
        memory.update(range, as: Float.self) { span in
            for i in span.indices { span[i] = Float(index * 100 + i) }
        }
    }
    let ids = try ranges.map { try channel.beginReduce($0, .sum) }
    for id in ids.reversed() { try channel.finishReduce(id) }
    try channel.finish(metadata: [], state: ranges)
}

/// Sums a vector in the shared memory, one on the heap and an array, all over two pieces long.
private func sum(_ job: WorkerJob, _ channel: WorkerChannel) throws {
    guard let memory = job.memory else { return }
    let reducer = try WorkerReducer(
        rank: 0,
        worldSize: 2,
        channel: channel,
        arena: SharedArena(memory)
    )
    var shared = try reducer.makeVector(count: 20_000)
    var heap = Vector(zeros: 20_000)
    for i in 0..<20_000 {
        shared[i] = Float(i)
        heap[i] = Float(-i)
    }
    var array = (0..<20_000).map { Double($0) / 2 }
    try reducer.sum(&shared)
    try reducer.sum(&heap)
    try reducer.sum(&array)
    var extremes = [1.0, -1.0]
    try reducer.max(&extremes)
    let isRight = (0..<20_000).allSatisfy { i in
        shared[i] == Float(2 * i) && heap[i] == Float(-2 * i) && array[i] == Double(i)
    }
    let isPlaced = reducer.range(of: shared) != nil && reducer.range(of: heap) == nil
    try channel.finish(metadata: [isRight ? 1 : 0, isPlaced ? 1 : 0, extremes == [7, 7] ? 1 : 0])
}

private func checkpoint(_ job: WorkerJob, _ channel: WorkerChannel) throws {
    guard let memory = job.memory else { return }
    let range = try memory.range(offset: 0, count: 8, of: .byte)
    for round in UInt8(1)...3 {
        memory.update(range, as: UInt8.self) { span in
            for i in span.indices { span[i] = round }
        }
        try channel.checkpoint(metadata: [round], state: [range])
    }
    try channel.finish(metadata: [])
}

/// Copies the first descriptor to the second.
private func copy(_ job: WorkerJob, _ channel: WorkerChannel) throws {
    var room = [UInt8](repeating: 0, count: 1000)
    let count = pread(job.descriptors[0], &room, room.count, 0)
    let written = pwrite(job.descriptors[1], room, max(0, count), 0)
    try channel.finish(metadata: [UInt8(clamping: written), UInt8(job.descriptors.count)])
}

/// Multiplies, and says whether OpenBLAS would rather be told which kernels to take.
private func multiply(_ channel: WorkerChannel) throws {
    let order = 600
    let ones = [Float](repeating: 1, count: order * order)
    var product = ones
    ones.withUnsafeBufferPointer { ones in
        guard let base = ones.baseAddress else { return }
        let batch = Batch(rows: order, columns: order, features: .dense(base), labels: .none)
        LinearAlgebra.multiply(batch, byTransposed: base, outputs: order, into: &product)
    }
    let isRight = product.allSatisfy { $0 == Float(order) }
    try channel.finish(metadata: [isRight ? 1 : 0, kernelsToAskFor() == nil ? 1 : 0])
}

private func eatMemory() {
    var eaten: [UnsafeMutableRawPointer] = []
    while eaten.count < 4096 {
        guard let piece = malloc(16 << 20) else { exit(42) }
        memset(piece, 1, 16 << 20)
        eaten.append(piece)
    }
}

/// A frame as it travels.
func frame(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(payload.count).littleEndian) { Array($0) } + [kind] + payload
}

func reduce(offset: UInt64, count: UInt64, element: UInt8) -> [UInt8] {
    [1, 0, 0, 0, 1] + withUnsafeBytes(of: offset.littleEndian) { Array($0) }
        + withUnsafeBytes(of: count.littleEndian) { Array($0) } + [element]
}

private func say(_ bytes: [UInt8]) { _ = write(0, bytes, bytes.count) }

private func bytes(ofHex text: String) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
    }
}
