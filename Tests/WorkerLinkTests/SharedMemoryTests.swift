import Glibc
import Testing

@testable import WorkerLink

@Suite("Shared memory")
struct SharedMemoryTests {
    @Test("It is sealed and as large as asked", arguments: [1, 4095, 4096, 4097, 5 << 20])
    func sealed(byteCount: Int) throws {
        let memory = try SharedMemory(byteCount: byteCount)
        #expect(memory.isSealed)
        #expect(memory.byteCount == byteCount)
        #expect(ftruncate(memory.descriptor, 0) == -1 && errno == EPERM)
        #expect(ftruncate(memory.descriptor, 1 << 30) == -1 && errno == EPERM)
    }

    @Test("More than the machine can name is refused, not wrapped")
    func tooLarge() {
        #expect(throws: WorkerError.system(call: "memfd_create", errno: ENOMEM)) {
            _ = try SharedMemory(byteCount: .max)
        }
    }

    @Test("A range within the data is proved", arguments: SharedElement.allCases)
    func inside(element: SharedElement) throws {
        let memory = try SharedMemory(byteCount: 800)
        let width = UInt64(element.byteCount)
        let whole = try memory.range(offset: 0, count: 800 / width, of: element)
        #expect(whole.byteCount == 800)
        let last = try memory.range(offset: 800 - width, count: 1, of: element)
        #expect(last.byteOffset == 800 - Int(width))
        #expect(try memory.range(offset: 800, count: 0, of: element).byteCount == 0)
    }

    @Test(
        "A range beyond the data or across its elements is refused",
        arguments: [
            (0, 201), (4, 200), (800, 1), (804, 0), (2, 1), (UInt64.max - 3, 1),
            (0, UInt64.max / 4 + 1), (0, .max), (.max, .max), (UInt64.max - 3, UInt64.max / 4),
        ] as [(UInt64, UInt64)]
    )
    func outside(offset: UInt64, count: UInt64) throws {
        let memory = try SharedMemory(byteCount: 800)
        #expect {
            try memory.range(offset: offset, count: count, of: .float32)
        } throws: { error in
            guard case WorkerError.outOfRange(offset, _, 800) = error else { return false }
            return true
        }
    }

    @Test("Both ends see the same numbers and the same counter")
    func bothEnds() throws {
        let ours = try SharedMemory(byteCount: 4096)
        let theirs = try SharedMemory(adopting: dup(ours.descriptor), byteCount: 4096)
        let range = try ours.range(offset: 16, count: 3, of: .float64)
        ours.update(range, as: Double.self) { span in
            for i in span.indices { span[i] = Double(i) + 0.5 }
        }
        let seen = theirs.update(range, as: Double.self) { span in [span[0], span[1], span[2]] }
        #expect(seen == [0.5, 1.5, 2.5])
        let bytes = theirs.read(range) { span in span.byteCount }
        #expect(bytes == 24)
        theirs.tick()
        theirs.tick()
        #expect(ours.ticks == 2)
    }

    @Test("A file of another size is not taken for shared memory")
    func otherSize() throws {
        let memory = try SharedMemory(byteCount: 4096)
        #expect(throws: WorkerError.notSealed) {
            _ = try SharedMemory(adopting: dup(memory.descriptor), byteCount: 8192)
        }
    }
}
