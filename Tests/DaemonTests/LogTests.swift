import Foundation
import Logging
import Synchronization
import Testing

@testable import Daemon

@Suite("The log")
struct LogTests {
    private func lines(_ format: LogFormat, _ write: (Logger, Log) -> Void) -> [String] {
        let lines = Lines()
        let log = Log(format: format, level: .info) { lines.append($0) }
        write(log.logger("peers"), log)
        return lines.all
    }

    @Test("A line for journald begins with its priority")
    func journal() {
        let lines = lines(.journal) { logger, _ in
            logger.error("link lost", metadata: ["node": "b", "reason": "it closed"])
        }
        #expect(lines == ["<3>peers: link lost node=b reason=\"it closed\"\n"])
    }

    @Test("A line of JSON reads back whole, whatever was said")
    func json() throws {
        let nasty = "a \"quote\", a \\, a \n and a \u{1B}[31m"
        let lines = lines(.json) { logger, _ in
            logger.notice("\(nasty)", metadata: ["run": "r-1", "level": "\(nasty)"])
        }
        let line = try #require(lines.first)
        #expect(line.filter { $0 == "\n" }.count == 1)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let fields = try #require(object as? [String: String])
        #expect(fields["message"] == nasty)
        #expect(fields["level"] == "notice")
        #expect(fields["_level"] == nasty)
        #expect(fields["run"] == "r-1")
        #expect(fields["time"]?.count == 24)
    }

    @Test("Nothing in a message can begin a second line or move the cursor")
    func forging() {
        let lines = lines(.text) { logger, _ in logger.info("x\n<0>forged\u{1B}[2J") }
        #expect(lines.count == 1)
        #expect(lines[0].dropLast().contains { $0.isNewline } == false)
        #expect(!lines[0].contains("\u{1B}"))
    }

    @Test("The level changes for loggers that exist already")
    func level() {
        let lines = lines(.text) { logger, log in
            logger.debug("before")
            log.level = .debug
            logger.debug("after")
        }
        #expect(lines.count == 1)
        #expect(lines[0].contains("after"))
    }
}

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}
