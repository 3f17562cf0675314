import ControlAPI
import Glibc

/// What this host is and how busy it is, as the system tells it.
func describeMachine(stateDirectory: String) -> NodeShow.Machine {
    let pageBytes = max(0, sysconf(Int32(_SC_PAGESIZE)))
    let pages = max(0, sysconf(Int32(_SC_PHYS_PAGES)))
    let disk = diskSpace(of: stateDirectory)
    var system = utsname()
    uname(&system)
    var loads = [0.0]
    let hasLoad = getloadavg(&loads, 1) == 1
    return NodeShow.Machine(
        processor: processorName() ?? text(&system.machine),
        cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
        load: hasLoad ? loads[0] : 0,
        memoryBytes: pages * pageBytes,
        memoryAvailableBytes: availableMemory(pageBytes: pageBytes),
        diskBytes: disk?.total ?? 0,
        diskAvailableBytes: disk?.available ?? 0,
        kernel: "\(text(&system.sysname)) \(text(&system.release))"
    )
}

/// Size and free space of the disk under a folder, in bytes.
func diskSpace(of folder: String) -> (total: Int, available: Int)? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    let block = Int(status.f_frsize)
    return (Int(status.f_blocks) * block, Int(status.f_bavail) * block)
}

/// What programs could get without swapping; a hardened unit hides the kernel's own estimate.
private func availableMemory(pageBytes: Int) -> Int {
    let lines = smallFile("/proc/meminfo")?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("MemAvailable:") }
    if let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
        return kibibytes * 1_024
    }
    return max(0, sysconf(Int32(_SC_AVPHYS_PAGES))) * pageBytes
}

private func processorName() -> String? {
    let lines = smallFile("/proc/cpuinfo")?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").dropFirst().first.map {
        String($0.drop { $0 == " " })
    }
}

/// The beginning of a file of the kernel's, which has no size to ask for.
private func smallFile(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 16_384)
    let count = read(file, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
}

/// The text in a fixed array of a C structure.
private func text<Array>(_ array: inout Array) -> String {
    withUnsafeBytes(of: &array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
