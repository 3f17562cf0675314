import Foundation
import Testing

/// One file of the checkout, read once and cut into lines once; all that looks at every line works
/// on bytes, which is many times as fast as on characters.
struct SourceFile: CustomTestStringConvertible, Sendable {
    let path: String
    let text: String
    let lines: [Substring]
    private let bytes: [UInt8]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        bytes = Array(text.utf8)
        lines = cut(text)
    }

    /// What the test runner prints for it.
    var testDescription: String { path }

    /// Whether the word stands anywhere in the file.
    func contains(_ word: String) -> Bool {
        let word = Array(word.utf8)
        return bytes.indices.contains {
            bytes[$0] == word.first && bytes[$0...].starts(with: word)
        }
    }

    /// The target it belongs to: the folder below `Sources` or `Tests`.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
}

/// The lines of a text, the last one after the last line feed.
func cut(_ text: String) -> [Substring] {
    text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map(Substring.init)
}

/// A line without the spaces that it begins with.
func unindented(_ line: Substring) -> Substring { Substring(line.utf8.drop { $0 == 0x20 }) }

/// The checkout that these tests lie in.
enum SourceTree {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift, C and header file below `folder`, sorted by path.
    static func files(below folder: String) -> [SourceFile] {
        let endings = [".swift", ".c", ".h"]
        let base = root.appending(path: folder)
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: base.path)) ?? []
        return names.sorted().filter { name in endings.contains { name.hasSuffix($0) } }
            .compactMap { name in
                let file = base.appending(path: name)
                guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
                return SourceFile(path: "\(folder)/\(name)", text: text)
            }
    }

    static let sources = files(below: "Sources")
    static let tests = files(below: "Tests")
    static let swiftSources = sources.filter(\.isSwift)
    static let all = sources + tests
    static let allSwift = all.filter(\.isSwift)
}

/// A Swift text with the contents of comments and string literals blanked, so that words and
/// braces in them do not count; line numbers stay.
func codeOnly(_ text: String) -> [Substring] {
    var scanner = CodeScanner(Array(text.utf8))
    return cut(scanner.scan())
}

/// Blanks comments and literals, byte by byte; interpolations count as part of their literal.
private struct CodeScanner {
    private let bytes: [UInt8]
    private var output: [UInt8] = []
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func scan() -> String {
        while position < bytes.count {
            if starts(with: "//") {
                skip { $0 != 0x0A }
            } else if starts(with: "/*") {
                skipPast("*/")
            } else if starts(with: "\"\"\"") {
                position += 3
                skipPast("\"\"\"")
            } else if bytes[position] == 0x22 {
                position += 1
                skipLiteral()
            } else {
                output.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            guard position + text.count <= bytes.count else { return false }
            return text.indices.allSatisfy { bytes[position + $0] == text[$0] }
        }
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while position < bytes.count, condition(bytes[position]) { position += 1 }
    }

    private mutating func skipPast(_ end: StaticString) {
        while position < bytes.count, !starts(with: end) {
            if bytes[position] == 0x0A { output.append(0x0A) }
            position += 1
        }
        position = min(position + end.utf8CodeUnitCount, bytes.count)
    }

    /// Skips to the closing quote, over escapes and nested interpolations.
    private mutating func skipLiteral() {
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x5C, position + 1 < bytes.count {
                if bytes[position + 1] == 0x28 { depth += 1 }
                position += 2
                continue
            }
            if depth > 0 {
                if byte == 0x28 { depth += 1 }
                if byte == 0x29 { depth -= 1 }
            } else if byte == 0x22 || byte == 0x0A {
                if byte == 0x22 { position += 1 }
                return
            }
            position += 1
        }
    }
}
