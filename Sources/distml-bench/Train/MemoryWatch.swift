import Foundation
import Synchronization

/// Looks fifty times a second at the workers of some daemons and keeps the largest peak.
final class MemoryWatch: Sendable {
    private let parents: Set<pid_t>
    private let state = Mutex((peak: 0, isOver: false))

    init(parents: [pid_t]) { self.parents = Set(parents) }

    func start() {
        Thread { [self] in
            while !state.withLock({ $0.isOver }) {
                look()
                usleep(20_000)
            }
        }.start()
    }

    func cancel() { state.withLock { $0.isOver = true } }

    /// Bytes, of the largest worker seen so far.
    var peakBytes: Int { state.withLock { $0.peak } }

    private func look() {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for entry in entries {
            guard let pid = pid_t(entry),
                let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
                let parent = number(of: "PPid:", in: text), parents.contains(pid_t(parent)),
                let kilobytes = number(of: "VmHWM:", in: text)
            else { continue }
            state.withLock { $0.peak = max($0.peak, kilobytes << 10) }
        }
    }

    private func number(of field: String, in text: String) -> Int? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(field) }) else {
            return nil
        }
        return Int(line.filter(\.isNumber))
    }
}
