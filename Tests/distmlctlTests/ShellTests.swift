import ControlAPI
import Domain
import Foundation
import Testing

@testable import distmlctl

@Suite("The interactive shell")
struct ShellTests {
    @Test(
        "Lines are cut into words as a shell does",
        arguments: [
            ("", []), ("  ps  -a ", ["ps", "-a"]), ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
            ("a\\ b", ["a b"]), ("a'b'c", ["abc"]), ("''", [""]), ("# all", []), ("a # b", ["a"]),
            ("a#b", ["a#b"]), ("'\\'", ["\\"]), ("\"a\\\"b\"", ["a\"b"]),
        ] as [(String, [String])]
    )
    func words(line: String, words: [String]) throws {
        #expect(try splitWords(line) == words)
    }

    @Test("What only a real shell can do is refused", arguments: ["a | b", "a > b", "'a", "a\\"])
    func refused(line: String) {
        #expect(throws: RPCError.self) { try splitWords(line) }
    }

    @Test(
        "What may follow is offered",
        arguments: [
            ("da", ["dataset"]), ("dataset ", ["add", "ls", "rm", "show", "stats", "verify"]),
            ("dataset show ", ["digits"]), ("dataset show digits ", []), ("node show b", ["b"]),
            ("run sgd --data", ["--dataset"]), ("run sgd --dataset ", ["digits"]),
            ("run sgd --dataset digits --mod", ["--model"]),
            ("run sgd --model s", ["softmax"]), ("wait ", ["@last", "r-aaaaaa"]),
            ("model show b", ["best"]), ("model rm b", ["best"]), ("model eval best ", ["digits"]),
            ("logs -f r", ["r-aaaaaa"]), ("nonsense ", []), ("help da", ["dataset"]),
            ("ps -o js", ["json", "jsonl"]), ("ex", ["exit", "explain"]),
            ("run sgd --seed ", []), ("run sgd --lr ", ["auto"]), ("sweep show ", ["@last"]),
            ("sweep sgd --grid mom", ["momentum="]),
        ] as [(String, [String])]
    )
    func completion(line: String, expected: [String]) {
        let completer = Completer(names: { sampleNames() })
        #expect(completer.candidates(for: line) == expected)
    }

    @Test("Files are completed where files are wanted, folders with a slash")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "distmlctl-\(UUID().uuidString)")
        let inner = folder.appending(path: "inner")
        try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["in.csv", ".hidden", "other"] {
            try Data().write(to: folder.appending(path: name))
        }
        let completer = Completer(names: { sampleNames() })
        #expect(
            completer.candidates(for: "dataset add toys \(folder.path)/in")
                == ["\(folder.path)/in.csv", "\(folder.path)/inner/"]
        )
        #expect(completer.candidates(for: "dataset add \(folder.path)/in") == [])
    }

    @Test("Without a daemon commands are still completed")
    func offline() {
        let completer = Completer(names: { nil })
        #expect(completer.candidates(for: "dataset show ") == [])
        #expect(completer.candidates(for: "ps --al") == ["--all"])
    }

    @Test("The prompt shows the cluster and how it is")
    func prompt() {
        let plain = Terminal(
            inputIsTerminal: true,
            outputWidth: 80,
            errorWidth: 80,
            hasColor: false
        )
        #expect(promptText(sampleNames(), terminal: plain, lastCode: 0) == "lab healthy> ")
        #expect(promptText(nil, terminal: plain, lastCode: 3) == "[3] no daemon> ")
    }

    @Test("Candidates stand in columns and fit", arguments: [1, 10, 40, 80])
    func columns(width: Int) {
        let texts = (0..<20).map { "name\($0)" }
        let lines = inColumns(texts, width: width)
        #expect(lines.joined(separator: " ").split(separator: " ").count == 20)
        #expect(lines.allSatisfy { $0.count <= max(width, 6) })
    }

    @Test("Distances count one for a slip of the fingers")
    func distance() {
        #expect(editDistance("", "abc") == 3)
        #expect(editDistance("statsu", "status") == 1)
        #expect(editDistance("dataset", "datset") == 1)
        #expect(editDistance("kitten", "sitting") == 3)
    }

    @Test("Options that every command has may come first")
    func globals() {
        #expect(globalOptionsLast(["--json", "ps", "-a"]) == ["ps", "-a", "--json"])
        #expect(
            globalOptionsLast(["--socket", "x", "-o", "name", "ps"]) == [
                "ps", "--socket", "x", "-o", "name",
            ]
        )
        #expect(globalOptionsLast(["--json"]) == ["--json"])
        #expect(asksForJSON(["ps", "-o", "jsonl"]) && !asksForJSON(["ps", "--", "--json"]))
    }
}
