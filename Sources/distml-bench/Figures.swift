import Foundation

/// The middle value; the mean of the two middle ones where their number is even.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Such as `12.3`: three digits that matter.
func threeDigits(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    let decimals = max(0, 2 - Int(log10(abs(value)).rounded(.down)))
    return String(format: "%.\(min(decimals, 6))f", value)
}

/// A size in IEC units, such as `64 MiB`.
func binarySize(_ bytes: Int) -> String {
    var value = Double(bytes)
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1_024 || unit == "GiB" {
            return value == value.rounded()
                ? "\(Int(value)) \(unit)" : "\(threeDigits(value)) \(unit)"
        }
        value /= 1_024
    }
    return "\(bytes) B"
}

/// Reads a size such as `4KiB`, `64 MiB` or `4096`.
func parseSize(_ text: String) -> Int? {
    let digits = text.prefix { $0.isNumber }
    let unit = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
    let units = ["": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30]
    guard let number = Int(digits), let shift = units[unit], number <= Int.max >> shift else {
        return nil
    }
    return number << shift
}
