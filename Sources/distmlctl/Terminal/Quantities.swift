import ControlAPI
import Glibc

/// A number with `digits` places after the point.
func fixed(_ value: Double, _ digits: Int) -> String {
    formatted("%.*f", [digits, value])
}

/// A number with at most `digits` digits that count.
func short(_ value: Double, digits: Int = 4) -> String {
    formatted("%.*g", [digits, value])
}

private func formatted(_ format: String, _ values: [any CVarArg]) -> String {
    var bytes = [CChar](repeating: 0, count: 400)
    let count = withVaList(values) { vsnprintf(&bytes, bytes.count, format, $0) }
    return String(
        decoding: bytes.prefix(Int(max(count, 0))).map(UInt8.init(bitPattern:)),
        as: UTF8.self
    )
}

/// A count with its thousands set apart: `1,000,003`.
func grouped(_ value: Int) -> String {
    var digits = "\(value.magnitude)"
    var index = digits.endIndex
    while digits.distance(from: digits.startIndex, to: index) > 3 {
        index = digits.index(index, offsetBy: -3)
        digits.insert(",", at: index)
    }
    return value < 0 ? "-" + digits : digits
}

/// A size in IEC units: `17 B`, `1.5 KiB`, `64 MiB`.
func byteSize(_ value: Int) -> String {
    guard value >= 1024 else { return "\(value) B" }
    var amount = Double(value)
    var unit = ""
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        amount /= 1024
        unit = next
        // What would be printed as 1024 belongs to the next unit.
        if amount < 1023.95 { break }
    }
    return "\(amount < 10 ? trimmed(fixed(amount, 1)) : fixed(amount, 0)) \(unit)"
}

/// A count in few letters: `950`, `1.2k`, `34M`.
func compact(_ value: Double) -> String {
    var amount = value
    var unit = ""
    for next in ["k", "M", "G", "T"] where amount >= 999.5 {
        amount /= 1000
        unit = next
    }
    return (amount < 9.95 && !unit.isEmpty ? trimmed(fixed(amount, 1)) : fixed(amount, 0)) + unit
}

private func trimmed(_ text: String) -> String {
    text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A length of time for a person: `85 µs`, `12 ms`, `3.2 s`, `4m05s`, `2h10m`, `3d04h`.
func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "-" }
    if seconds < 0.000_999_5 { return "\(fixed(seconds * 1e6, 0)) µs" }
    if seconds < 0.009_95 { return "\(fixed(seconds * 1e3, 1)) ms" }
    if seconds < 0.999_5 { return "\(fixed(seconds * 1e3, 0)) ms" }
    if seconds < 59.95 { return "\(fixed(seconds, 1)) s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60)m\(twoDigits(whole % 60))s" }
    if whole < 86_400 { return "\(whole / 3600)h\(twoDigits(whole / 60 % 60))m" }
    return "\(whole / 86_400)d\(twoDigits(whole / 3600 % 24))h"
}

/// Time left on a clock: `0:07`, `12:05`, `1:02:03`.
func countdown(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e8).rounded(.up))
    let tail = "\(twoDigits(whole % 60))"
    return whole < 3600
        ? "\(whole / 60):\(tail)" : "\(whole / 3600):\(twoDigits(whole / 60 % 60)):\(tail)"
}

private func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

/// A moment in the local time of the person: `2026-03-01 09:30:00`.
func localTime(_ moment: Timestamp) -> String {
    var seconds = time_t((moment.seconds).rounded(.down))
    var parts = tm()
    localtime_r(&seconds, &parts)
    var bytes = [CChar](repeating: 0, count: 64)
    let count = strftime(&bytes, bytes.count, "%Y-%m-%d %H:%M:%S", &parts)
    return String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// How long ago a moment was: `12s ago`, `5m ago`, `3h ago`, `2d ago`.
func age(_ moment: Timestamp, now: Double) -> String {
    let seconds = max(0, now - moment.seconds)
    switch seconds {
    case ..<60: return "\(Int(seconds))s ago"
    case ..<3600: return "\(Int(seconds / 60))m ago"
    case ..<86_400: return "\(Int(seconds / 3600))h ago"
    default: return "\(Int(seconds / 86_400))d ago"
    }
}

/// Seconds since 1970.
func secondsSince1970() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// Seconds on a clock that nobody sets.
func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// Reads a length of time as a person types it: `90`, `90s`, `5m`, `1h30m`, `2d`.
func seconds(typed text: String) -> Double? {
    if let plain = Double(text), plain.isFinite, plain >= 0, isDecimal(text) { return plain }
    var total = 0.0
    var number = ""
    var isEmpty = true
    for character in text {
        if character.isNumber || character == "." {
            number.append(character)
            continue
        }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = units[character], isDecimal(number), let amount = Double(number) else {
            return nil
        }
        total += amount * unit
        number = ""
        isEmpty = false
    }
    return number.isEmpty && !isEmpty ? total : nil
}

private func isDecimal(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
}

/// Reads a size as a person types it: `4096`, `4KiB`, `64MiB`, `1GiB`, `4k`.
func byteCount(typed text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let amount = Int(digits) else { return nil }
    let units: [String: Int] = [
        "": 0, "b": 0, "k": 10, "kib": 10, "m": 20, "mib": 20, "g": 30, "gib": 30,
    ]
    guard let shift = units[text.dropFirst(digits.count).lowercased()] else { return nil }
    let (product, overflow) = amount.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : product
}
