/// A moment, written in JSON as RFC 3339 in UTC to the millisecond: `2026-03-01T08:30:00.000Z`.
public struct Timestamp: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// Milliseconds since 1970.
    public let milliseconds: Int64

    /// The moment `seconds` after 1970.
    ///
    /// What is not finite or lies outside the years 0 to 9999 becomes the nearest end of them.
    public init(seconds: Double) {
        let limited = seconds.isNaN ? 0 : min(max(seconds, -62_167_219_200), 253_402_300_799)
        milliseconds = Int64((limited * 1000).rounded())
    }

    /// Seconds since 1970.
    public var seconds: Double { Double(milliseconds) / 1000 }

    /// Order in time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// RFC 3339 in UTC.
    ///
    /// Source: H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
    public var description: String {
        let day = floorDivide(milliseconds, 86_400_000)
        let rest = milliseconds - day * 86_400_000
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date =
            "\(padded(year, 4))-\(padded(month, 2))-"
            + padded(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2)
        let time =
            "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):"
            + "\(padded(rest / 1000 % 60, 2)).\(padded(rest % 1000, 3))"
        return "\(date)T\(time)Z"
    }

    /// Reads what `description` writes, with or without a fraction.
    ///
    /// Source: H. Hinnant, as above, `days_from_civil`.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == 0x5A, bytes[10] == 0x54 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            bytes[range].allSatisfy { (0x30...0x39).contains($0) }
                ? Int64(String(decoding: bytes[range], as: UTF8.self)) : nil
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let fraction = bytes[19..<(bytes.count - 1)]
        guard fraction.isEmpty || fraction.first == 0x2E && fraction.count == 4,
            let thousandths = fraction.isEmpty ? 0 : number(20..<23)
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        milliseconds =
            ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + thousandths
    }

    /// Decodes RFC 3339 in UTC.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let moment = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not a moment such as 2026-03-01T08:30:00.000Z"
            )
        }
        self = moment
    }

    /// Encodes RFC 3339 in UTC.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let text = "\(value)"
    return String(repeating: "0", count: max(0, width - text.count)) + text
}
