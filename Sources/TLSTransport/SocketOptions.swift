import Glibc
import Transport

/// Sets what every peer's socket has: no delay for small messages, and signs of life.
///
/// A peer that is gone is noticed within 6 s even when nobody sends: three probes, a second apart,
/// after three silent seconds.
func configure(_ descriptor: Int32, _ options: LinkOptions) throws(TransportError) {
    try set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1, "TCP_NODELAY")
    try set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE")
    try set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 3, "TCP_KEEPIDLE")
    try set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 1, "TCP_KEEPINTVL")
    try set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3, "TCP_KEEPCNT")
    if let limit = options.userTimeout {
        let milliseconds = Int32(clamping: Int64(limit / .milliseconds(1)))
        try set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, milliseconds, "TCP_USER_TIMEOUT")
    }
    if let name = options.congestionControl {
        let result = setsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_CONGESTION,
            name,
            socklen_t(name.utf8.count)
        )
        guard result == 0 else { throw .system(call: "setsockopt TCP_CONGESTION", errno: errno) }
    }
}

private func set(
    _ descriptor: Int32,
    _ level: Int32,
    _ option: Int32,
    _ value: Int32,
    _ name: String
) throws(TransportError) {
    var value = value
    let length = socklen_t(MemoryLayout<Int32>.size)
    guard setsockopt(descriptor, level, option, &value, length) == 0 else {
        throw .system(call: "setsockopt \(name)", errno: errno)
    }
}
