import Foundation
import Glibc

/// User and system time of this process so far, all threads.
func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let micros = Double(usage.ru_utime.tv_usec) + Double(usage.ru_stime.tv_usec)
    return Double(usage.ru_utime.tv_sec) + Double(usage.ru_stime.tv_sec) + micros * 1e-6
}

/// Lets the kernel forget the highest resident memory so far.
func resetPeakMemory() {
    // Where this is not allowed the peak is that of the whole life, which is no less true.
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
}

/// The highest resident memory of this process, in bytes; 0 where the kernel does not say.
func peakMemory() -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
        return 0
    }
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
        return (Int(line.filter(\.isNumber)) ?? 0) * 1_024
    }
    return 0
}

/// The kernel's congestion control for new connections, such as `bbr`.
func systemCongestionControl() -> String {
    let path = "/proc/sys/net/ipv4/tcp_congestion_control"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "unknown"
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
}
