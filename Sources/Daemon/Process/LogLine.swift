import Glibc
import Logging

/// One thing that happened, before it has a shape.
struct LogLine {
    var seconds: Double
    var level: Logger.Level
    var label: String
    var message: String
    var fields: [(String, String)]

    /// The line with its line feed; nothing in it can begin a second one.
    func text(as format: LogFormat) -> String {
        switch format {
        case .journal: "<\(priority)>\(label): \(printable(message))\(pairs)\n"
        case .text: "\(timestamp) \(level.rawValue) \(label): \(printable(message))\(pairs)\n"
        case .json: json
        }
    }

    private var priority: Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    private var pairs: String {
        fields.map { key, value in
            let text = printable(value)
            return text.contains(" ") || text.isEmpty ? " \(key)=\"\(text)\"" : " \(key)=\(text)"
        }.joined()
    }

    private var json: String {
        var items = [("time", timestamp), ("level", level.rawValue), ("part", label)]
        items.append(("message", message))
        // A field never hides one of ours.
        items += fields.map { key, value in
            (["time", "level", "part", "message"].contains(key) ? "_" + key : key, value)
        }
        return "{"
            + items.map { "\(quoted($0.0)):\(quoted($0.1))" }.joined(separator: ",")
            + "}\n"
    }

    /// RFC 3339 in UTC with milliseconds.
    private var timestamp: String {
        let milliseconds = Int64((seconds * 1_000).rounded(.down))
        var whole = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&whole, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let thousandths = milliseconds % 1_000
        let fraction = thousandths < 10 ? "00" : thousandths < 100 ? "0" : ""
        return "\(parts.tm_year + 1_900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
            + ".\(fraction)\(thousandths)Z"
    }
}

/// Control characters become visible, so that nobody can forge a line or drive a terminal.
private func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }
        .joined()
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028
        || scalar.value == 0x2029
}

private func quoted(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": json += "\\\""
        case "\\": json += "\\\\"
        case _ where isControl(scalar):
            let digits = String(scalar.value, radix: 16)
            json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: json.unicodeScalars.append(scalar)
        }
    }
    return json + "\""
}
