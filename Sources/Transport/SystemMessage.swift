import Glibc

/// The system's own words for an error number, such as "Connection refused".
public func systemMessage(_ errno: Int32) -> String {
    // `strerror` shares one buffer between threads.
    var buffer = [CChar](repeating: 0, count: 128)
    return buffer.withUnsafeMutableBufferPointer { text in
        guard let start = text.baseAddress, strerror_r(errno, start, text.count) == 0 else {
            return "error \(errno)"
        }
        return String(cString: start)
    }
}
