import ControlAPI
import Foundation
import Testing

@testable import distmlctl

/// How a program and the `ssh` that it called ended.
private struct Called {
    let ending: Ending
    let arguments: [String]
    let sent: String
}

@Suite("Commands on another host")
struct ContextTests {
    /// Runs the program with a program `ssh` that notes how it was called and what it was sent.
    private func call(
        _ words: [String],
        input: String = "",
        answer: String = "done",
        code: Int = 0
    ) throws -> Called {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "distmlctl-ssh-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = """
            #!/bin/sh
            for word in "$@"; do printf '%s\\n' "$word"; done > \(folder)/arguments
            cat > \(folder)/sent
            echo \(answer)
            exit \(code)
            """
        try script.write(toFile: folder + "/ssh", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: folder + "/ssh"
        )
        let ending = try distmlctl(words, input: input, path: folder + ":/usr/bin:/bin")
        func lines(_ name: String) -> String {
            (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
        }
        let arguments = lines("arguments").split(separator: "\n").map(String.init)
        return Called(ending: ending, arguments: arguments, sent: lines("sent"))
    }

    @Test("The words go through ssh, quoted for the shell on the other side")
    func words() throws {
        let called = try call(["--context", "ops@host-a", "logs", "it's", "--tail", "3"])
        #expect(called.arguments == ["--", "ops@host-a", "distmlctl logs 'it'\\''s' --tail 3"])
        #expect(called.ending.output == "done\n")
        #expect(called.ending.code == 0)
    }

    @Test("The exit code is the other side's")
    func codes() throws {
        #expect(try call(["ps", "--context=h"], code: 12).ending.code == 12)
        let broken = try call(["ps", "--context=h"], code: 255).ending
        #expect(broken.code == 3)
        #expect(broken.errors.contains("ssh could not run distmlctl on h"))
    }

    @Test("The file of an import is streamed, and its name replaced by '-'")
    func streamed() throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "distmlctl-\(UUID().uuidString.prefix(8)).csv").path
        try "a,b\n1,2\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let called = try call(["dataset", "add", "toys", file, "--header", "--context", "h"])
        #expect(called.arguments.last == "distmlctl dataset add toys - --header")
        #expect(called.sent == "a,b\n1,2\n")
        let two = try call(["dataset", "add", "toys", file, file, "--context", "h"])
        #expect(two.ending.code == 2)
        #expect(two.arguments.isEmpty, "ssh was not called")
    }

    @Test("What is exported lands in a file here, and only when all went well")
    func exported() throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "distmlctl-\(UUID().uuidString.prefix(8)).out").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let failed = try call(["model", "export", "m", file, "--context", "h"], code: 5)
        #expect(failed.ending.code == 5)
        #expect(!FileManager.default.fileExists(atPath: file))
        let called = try call(["model", "export", "m", file, "--context", "h"], answer: "bytes")
        #expect(called.arguments.last == "distmlctl model export m -")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "bytes\n")
    }

    @Test(
        "What is no host is refused before anything runs",
        arguments: ["-oProxyCommand=x", "", "a b"]
    )
    func hosts(host: String) throws {
        let called = try call(["ps", "--context=\(host)"])
        #expect(called.ending.code == 2)
        #expect(called.arguments.isEmpty)
    }
}
