public import Logging
import Glibc
import Synchronization

/// Severities by the names of swift-log.
public typealias LogLevel = Logger.Level

/// Shape of a line on standard error.
public enum LogFormat: String, CaseIterable, Sendable {
    /// For journald: `<priority>`, the message, then `key=value`.
    case journal
    /// One JSON object a line.
    case json
    /// For people: time, severity, message, `key=value`.
    case text
}

/// Where the log goes; the level may change while the daemon runs.
final class Log: Sendable {
    let format: LogFormat
    private let threshold: Mutex<LogLevel>
    private let write: @Sendable (String) -> Void

    /// A log on standard error.
    convenience init(format: LogFormat, level: LogLevel) {
        self.init(format: format, level: level, write: writeToStandardError)
    }

    /// A log whose lines go to `write`, each with its line feed.
    init(format: LogFormat, level: LogLevel, write: @escaping @Sendable (String) -> Void) {
        self.format = format
        self.write = write
        threshold = Mutex(level)
    }

    /// Least severe that is written.
    var level: LogLevel {
        get { threshold.withLock { $0 } }
        set { threshold.withLock { $0 = newValue } }
    }

    /// A logger for one part of the daemon.
    func logger(_ label: String) -> Logger {
        Logger(label: label) { LogLines(label: $0, log: self) }
    }

    fileprivate func put(_ line: String) { write(line) }
}

/// Turns what swift-log hands over into lines of one `Log`.
private struct LogLines: LogHandler {
    let label: String
    let log: Log
    var metadata: Logger.Metadata = [:]

    /// The level is the log's own, so that one change reaches every logger.
    var logLevel: Logger.Level {
        get { log.level }
        set { log.level = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        for (key, value) in event.metadata ?? [:] { fields[key] = value }
        let line = LogLine(
            seconds: wallClockSeconds(),
            level: event.level,
            label: label,
            message: "\(event.message)",
            fields: fields.map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
        )
        log.put(line.text(as: log.format))
    }
}

/// The wall clock, in seconds since 1970; only for people and for offsets between clocks.
func wallClockSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

private func writeToStandardError(_ line: String) {
    var bytes = Array(line.utf8)[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
        // A log that cannot be written has nobody to be told of it.
        guard count > 0 else { return }
        bytes = bytes.dropFirst(count)
    }
}
