import Foundation
import Testing

@Suite("Words")
struct WordTests {
    @Test("No file says what we agreed never to say", arguments: SourceTree.all)
    func bannedWords(file: SourceFile) {
        guard !file.path.hasPrefix("Tests/TidyTests/") else { return }
        for word in banned + (file.path.hasPrefix("Sources/") ? bannedInSources : []) {
            #expect(!file.contains(word), "\(file.path) contains \(word)")
        }
    }

    @Test("A test waits for a fact, never for a time", arguments: SourceTree.tests)
    func noSleep(file: SourceFile) {
        guard file.isSwift, !file.path.hasPrefix("Tests/TidyTests/") else { return }
        for call in ["Task.sleep", "Thread.sleep", " sleep("] {
            #expect(!file.contains(call), "\(file.path) contains \(call)")
        }
    }

    @Test("No module or file has a name that says nothing", arguments: SourceTree.all)
    func emptyNames(file: SourceFile) {
        for part in file.path.split(separator: "/") {
            let name = part.split(separator: ".").first.map(String.init) ?? ""
            #expect(!emptyWords.contains(name), "\(file.path)")
        }
    }

    @Test("Every public declaration says what it is", arguments: SourceTree.swiftSources)
    func documented(file: SourceFile) {
        let lines = file.lines
        for (index, line) in lines.enumerated() {
            let bare = unindented(line)
            guard bare.utf8.starts(with: "public ".utf8), !bare.hasPrefix("public import"),
                !bare.hasPrefix("public extension")
            else { continue }
            var above = index - 1
            while above >= 0, isAttribute(lines[above]) { above -= 1 }
            let isDocumented = above >= 0 && unindented(lines[above]).hasPrefix("///")
            #expect(isDocumented, "\(file.path):\(index + 1) is public and has no docs")
        }
    }

    @Test("The top of the repository holds what was agreed and nothing else")
    func topLevel() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.path)
        let visible = names.filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }
        #expect(
            visible.sorted() == [
                "LICENSE", "Package.swift", "README.md", "Sources", "Tests", "certs", "deploy",
            ]
        )
    }

    private func isAttribute(_ line: Substring) -> Bool {
        let bare = unindented(line)
        return bare.hasPrefix("@") || bare.hasPrefix("#if") || bare.hasPrefix("nonisolated")
    }
}

private let banned = [
    "TODO", "FIXME", "try!", "@unchecked Sendable", "nonisolated(unsafe)", "fatalError(",
]

private let bannedInSources = [
    "getenv(\"DISTML_DEBUG", "as! ", "DispatchSemaphore", "Thread.sleep", "Task.detached",
]

private let emptyWords: Set<String> = [
    "Core", "Common", "Utils", "Helpers", "Base", "Extensions", "Types", "Util", "Misc",
]
