import CLinux
import Collectives
import Foundation
import Testing

@Suite("Cores of the threads of a ring")
struct CoreTests {
    @Test("Ranks on one machine keep a core each where there is one for each")
    func apart() throws {
        let free = allowedCores()
        let kept = try withRing(of: 2, over: .tls) { ring in
            ring.keepCore(after: 5)
            try ring.barrier()
            return allowedCores()
        }
        guard free.count >= 2 else {
            #expect(kept == [free, free])
            return
        }
        #expect(kept == [0, 1].map { [free[(5 + $0) % free.count]] })
    }

    @Test("A thread that is kept may be let go for a while, and where there are too few never is")
    func leaving() throws {
        let seen = try onThreads(1) { _ in
            let free = allowedCores()
            var seen = [free]
            #expect(cl_keep_on_core(3, UInt32(free.count) + 1) == 0)
            seen.append(allowedCores())
            cl_return_to_core()
            seen.append(allowedCores())
            #expect(cl_keep_on_core(3, 1) == 0)
            seen.append(allowedCores())
            cl_leave_core()
            seen.append(allowedCores())
            cl_return_to_core()
            seen.append(allowedCores())
            return seen
        }[0].get()
        let free = seen[0]
        let kept = [free[3 % free.count]]
        #expect(seen == [free, free, free, kept, free, kept])
    }

    @Test("Ranks that outnumber the cores, or are elsewhere, stay free")
    func free() throws {
        let free = allowedCores()
        let inMemory = try withRing(of: 2) { ring in
            ring.keepCore(after: 0)
            return allowedCores()
        }
        #expect(inMemory == [free, free])
        guard free.count < 16 else { return }
        let crowded = try withRing(of: free.count + 1, over: .tls) { ring in
            ring.keepCore(after: 0)
            try ring.barrier()
            return allowedCores()
        }
        #expect(crowded.allSatisfy { $0 == free })
    }
}

/// The cores that the calling thread may run on, in order.
private func allowedCores() -> [Int] {
    let status = (try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") } ?? ""
    return line.drop { !$0.isNumber }.split(separator: ",").flatMap { part in
        let ends = part.split(separator: "-").compactMap { Int($0) }
        return ends.isEmpty ? [] : Array(ends[0]...ends[ends.count - 1])
    }
}
