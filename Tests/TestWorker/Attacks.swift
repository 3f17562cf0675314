import Glibc
import TestCalls
import WorkerLink

/// Tries what a worker that was taken over would try, and logs the errno of each.
func attack(_ job: WorkerJob, _ channel: WorkerChannel, daemon: Int) throws {
    for index in 0..<test_attack_count() {
        let name = String(cString: test_attack_name(index))
        try channel.log(.info, "\(name): \(test_attack(index, daemon))")
    }
    let memory = job.memory?.descriptor ?? -1
    for size in [0, 1 << 30] {
        let reason = ftruncate(memory, size) < 0 ? errno : 0
        try channel.log(.info, "resize the shared memory to \(size): \(reason)")
    }
    try channel.finish(metadata: [])
}
