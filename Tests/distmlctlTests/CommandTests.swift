import ControlAPI
import Domain
import Foundation
import JSONRPC
import Testing

@Suite("Commands against a daemon")
struct CommandTests {
    private func withDaemon(
        _ answer: @escaping @Sendable (FakeDaemon.Request) -> [[UInt8]]?,
        _ body: (FakeDaemon) throws -> Void
    ) throws {
        let daemon = try FakeDaemon(answer: answer)
        defer { daemon.stop() }
        try body(daemon)
    }

    @Test("A list is a table, an envelope, lines or names, as asked")
    func formats() throws {
        try withDaemon({ [$0.reply([sampleNode("a", .alive), sampleNode("b", .dead)])] }) {
            daemon in
            let table = try distmlctl(["node", "ls"], socket: daemon.socketPath)
            #expect(table.code == 0)
            #expect(table.output.split(separator: "\n").count == 3)
            #expect(table.output.hasPrefix("NODE  STATE  ADDRESS"))
            #expect(!table.output.contains("\u{1B}"))
            let json = try distmlctl(["node", "ls", "--json"], socket: daemon.socketPath).json()
            #expect(json["schema"] as? String == "distml/1")
            #expect(json["kind"] as? String == "node ls")
            #expect((json["data"] as? [[String: Any]])?.count == 2)
            let lines = try distmlctl(["node", "ls", "-o", "jsonl"], socket: daemon.socketPath)
            #expect(lines.output.split(separator: "\n").count == 2)
            #expect(try lines.json()["final"] as? Bool == true)
            let names = try distmlctl(["node", "ls", "-o", "name"], socket: daemon.socketPath)
            #expect(names.output == "a\nb\n")
        }
    }

    @Test("A run ends with the exit code of its outcome", arguments: Outcome.allCases)
    func outcomes(outcome: Outcome) throws {
        let codes: [Outcome: Int32] = [
            .converged: 0, .limitReached: 0, .failed: 1, .budgetSpent: 7, .diverged: 10,
            .stopped: 11, .preempted: 11, .nodesLost: 12,
        ]
        try withDaemon({ request in
            guard request.method == "run.follow" else {
                return [
                    request.reply(RunStart.Reply(run: RunID(checked: "r-aaaaaa"), nodes: []))
                ]
            }
            return [request.item(sampleProgress()), request.reply(sampleRun(outcome))]
        }) { daemon in
            let run = try distmlctl(
                ["run", "sgd", "--dataset", "digits", "--json"],
                socket: daemon.socketPath
            )
            #expect(run.code == codes[outcome])
            let json = try run.json()
            #expect(json["kind"] as? String == "run")
            #expect(json["final"] as? Bool == true)
            let data = try #require(json["data"] as? [String: Any])
            #expect(data["outcome"] as? String == outcome.rawValue)
            #expect(run.errors.contains("chosen: softmax"))
            #expect(run.errors.contains("epoch 1.5/10  step 40  loss 0.25"))
            let waited = try distmlctl(["wait", "@last"], socket: daemon.socketPath)
            #expect(waited.code == codes[outcome])
            #expect(waited.output.contains(outcome.rawValue))
        }
    }

    @Test("A detached run prints its id alone")
    func detached() throws {
        try withDaemon({ request in
            [request.reply(RunStart.Reply(run: RunID(checked: "r-aaaaaa"), nodes: []))]
        }) { daemon in
            let run = try distmlctl(
                ["run", "gd", "--dataset", "digits", "-d"],
                socket: daemon.socketPath
            )
            #expect(run.code == 0)
            #expect(run.output == "r-aaaaaa\n")
            #expect(daemon.methods == ["run.start"])
        }
    }

    @Test("Waiting ends with 8 when its time is over, and says that the run goes on")
    func timeout() throws {
        try withDaemon({ [$0.item(sampleProgress())] }) { daemon in
            let ending = try distmlctl(
                ["wait", "@last", "--timeout", "0.2s"],
                socket: daemon.socketPath
            )
            #expect(ending.code == 8)
            #expect(ending.errors.contains("run r-aaaaaa has not ended; it goes on"))
        }
    }

    @Test("Files travel as descriptors, standard input as a copy")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "distmlctl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "a.csv")
        try Data("1,2\n".utf8).write(to: file)
        try withDaemon({ request in
            guard let params = try? request.message.params(as: DatasetAdd.Params.self),
                params.reading.drop == ["x", "y"], params.reading.label == "-1",
                request.files == ["1,2\n", "3,4\n"]
            else { return [request.refusal(RPCError(.internalError, "\(request.files)"))] }
            return [request.reply(sampleDataset(params.name))]
        }) { daemon in
            let ending = try distmlctl(
                [
                    "dataset", "add", "toys", file.path, "-", "--drop", "x,y", "--label", "-1",
                    "--json",
                ],
                socket: daemon.socketPath,
                input: "3,4\n"
            )
            #expect(ending.code == 0, "\(ending.errors)")
            #expect(try ending.json()["kind"] as? String == "dataset show")
        }
    }

    @Test("What cannot be opened is refused before the daemon is asked")
    func unreadable() throws {
        let folder = FileManager.default.temporaryDirectory.path
        for (name, what) in [(folder, "is a folder"), ("/nonexistent/x", "No such file")] {
            let ending = try distmlctl(["dataset", "add", "toys", name])
            #expect(ending.code == 1)
            #expect(ending.errors.contains(what))
        }
    }

    @Test("A model is exported whole or not at all, and replaces nothing")
    func export() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "distmlctl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "m.safetensors")
        try withDaemon({ request in
            guard let descriptor = request.lastDescriptor, write(descriptor, "abc", 3) == 3 else {
                return nil
            }
            return [
                request.reply(
                    ModelExport.Reply(
                        model: ModelName(checked: "m"),
                        format: .safetensors,
                        bytes: 3,
                        hash: sampleHash
                    )
                )
            ]
        }) { daemon in
            let words = ["model", "export", "m", file.path]
            let first = try distmlctl(words, socket: daemon.socketPath)
            #expect(first.code == 0, "\(first.errors)")
            #expect(try Data(contentsOf: file) == Data("abc".utf8))
            let second = try distmlctl(words, socket: daemon.socketPath)
            #expect(second.code == 6)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
            let piped = try distmlctl(["model", "export", "m", "-"], socket: daemon.socketPath)
            #expect(piped.output == "abc")
        }
    }

    @Test("Every refusal has its exit code, its words, and its envelope")
    func refusals() throws {
        for code in RPCError.Code.allCases {
            let error = RPCError(code, "it is so", node: NodeID("b"), hint: "do this")
            try withDaemon({ [$0.refusal(error)] }) { daemon in
                let ending = try distmlctl(["ps", "--json"], socket: daemon.socketPath)
                #expect(ending.code == code.exitCode)
                #expect(ending.errors == "error: node b: it is so\n  do this\n")
                let contents = try #require(try ending.json()["error"] as? [String: Any])
                #expect(contents["code"] as? Int == code.rawValue)
                #expect(contents["message"] as? String == "it is so")
                #expect(contents["node"] as? String == "b")
                #expect(contents["hint"] as? String == "do this")
            }
        }
    }

    @Test("A daemon that is away, hangs up or talks nonsense is named")
    func broken() throws {
        let away = try distmlctl(["ps"])
        #expect(away.code == 3)
        #expect(away.errors.contains("no daemon listens at /nonexistent/distml.sock"))
        try withDaemon({ _ in nil }) { daemon in
            let ending = try distmlctl(["ps"], socket: daemon.socketPath)
            #expect(ending.code == 3)
            #expect(ending.errors.contains("has closed the connection"))
        }
        try withDaemon({ _ in [Array("HTTP/1.1 400 Bad Request\r\n".utf8)] }) { daemon in
            let ending = try distmlctl(["ps"], socket: daemon.socketPath)
            #expect(ending.code == 70)
            #expect(ending.errors.contains("not understood"))
        }
    }

    @Test("What a daemon says to a connection that it does not want is heard")
    func turnedAway() throws {
        let words = RPCError(.notPermitted, "this user may not use distml here")
        let greeting = try Message.failure(words.object, id: nil)
        let daemon = try FakeDaemon(greeting: greeting) { _ in nil }
        defer { daemon.stop() }
        let ending = try distmlctl(["ps"], socket: daemon.socketPath)
        #expect(ending.code == 4)
        #expect(ending.errors == "error: this user may not use distml here\n")
    }

    @Test("What cannot be undone wants --yes where nobody can be asked")
    func confirmation() throws {
        try withDaemon({ [$0.reply(RunRm.Reply(run: RunID(checked: "r-aaaaaa")))] }) { daemon in
            let refused = try distmlctl(["runs", "rm", "@last"], socket: daemon.socketPath)
            #expect(refused.code == 2)
            #expect(daemon.methods.isEmpty)
            let done = try distmlctl(["runs", "rm", "@last", "--yes"], socket: daemon.socketPath)
            #expect(done.code == 0)
            #expect(done.output == "removed run r-aaaaaa\n")
        }
        let gone = ModelRm.Reply(name: ModelName(checked: "best"), run: RunID(checked: "r-aaaaaa"))
        try withDaemon({ [$0.reply(gone)] }) { daemon in
            let refused = try distmlctl(["model", "rm", "best"], socket: daemon.socketPath)
            #expect(refused.code == 2)
            #expect(daemon.methods.isEmpty)
            let done = try distmlctl(["model", "rm", "best", "--yes"], socket: daemon.socketPath)
            #expect(done.code == 0)
            #expect(done.output == "removed model best\n")
        }
    }

    @Test("A pipe of commands runs until one fails")
    func pipe() throws {
        try withDaemon({ request in
            request.method == "node.ls"
                ? [request.reply([sampleNode("a", .alive)])]
                : [request.refusal(RPCError(.notFound, "no such thing"))]
        }) { daemon in
            let ending = try distmlctl(
                [],
                socket: daemon.socketPath,
                input: "# nodes\nnode ls -o name\n\nmodel show 'a b'\nnode ls\n"
            )
            #expect(ending.code == 5)
            #expect(ending.output == "a\n")
            #expect(ending.errors.contains("stopped at line 4"))
            #expect(daemon.methods == ["node.ls", "model.show"])
        }
    }

    @Test("A pipe of commands cannot hold data as well")
    func pipedData() throws {
        let ending = try distmlctl([], input: "dataset add toys -\n1,2\n")
        #expect(ending.code == 2)
        #expect(ending.errors.contains("standard input holds the commands"))
    }

    @Test("Logs are lines for a person and objects for a program")
    func logs() throws {
        let line = RunLogs.Item(
            time: Timestamp(seconds: 0),
            node: NodeID(checked: "b"),
            level: "warning",
            text: "slow\u{1B}[2J"
        )
        try withDaemon({ [$0.item(line), $0.reply(RunLogs.Reply(lines: 1, missing: []))] }) {
            daemon in
            let text = try distmlctl(["logs", "@last"], socket: daemon.socketPath)
            #expect(text.output == "1970-01-01 00:00:00 b: warning: slow\\u{1B}[2J\n")
            let json = try distmlctl(["logs", "@last", "--json"], socket: daemon.socketPath)
            #expect(json.output.split(separator: "\n").count == 2)
            #expect(try json.json()["final"] as? Bool == true)
        }
    }

    @Test("Near misses are answered with what was meant")
    func nearMisses() throws {
        let cases = [
            ["statsu"]: "cluster status", ["run", "ls"]: "runs ls",
            ["dataset", "lst"]: "dataset ls",
            ["ps", "--al"]: "--all", ["run", "sgd", "--datset", "x"]: "--dataset",
        ]
        for (words, meant) in cases {
            let ending = try distmlctl(words)
            #expect(ending.code == 2)
            #expect(ending.errors.contains("did you mean '"))
            #expect(ending.errors.contains("\(meant)'?"), "\(ending.errors)")
        }
    }

    @Test("A negative number is not mistaken for an option without a word, nor a stranger for help")
    func dashes() throws {
        let rate = try distmlctl(["run", "sgd", "--dataset", "x", "--lr", "-1"])
        #expect(rate.code == 2 && rate.errors.contains("--lr=-1"), "\(rate.errors)")
        let help = try distmlctl(["help", "nope"])
        #expect(help.code == 2 && help.errors.contains("no command 'nope'"), "\(help.errors)")
    }

    @Test("The version is shown without a daemon, and the exit code says that there is none")
    func version() throws {
        let ending = try distmlctl(["version"])
        #expect(ending.code == 3)
        #expect(ending.output == "distmlctl  \(distmlVersion)\n")
        let bare = try distmlctl(["--version"])
        #expect(bare.code == 0)
        #expect(bare.output == "\(distmlVersion)\n")
    }

    @Test("Help goes to standard output and is no error")
    func help() throws {
        for words in [["--help"], ["run", "sgd", "--help"], ["help", "dataset", "add"]] {
            let ending = try distmlctl(words)
            #expect(ending.code == 0)
            #expect(ending.output.contains("USAGE: distmlctl"))
            #expect(ending.errors.isEmpty)
        }
    }

    @Test("Completion scripts exist, and live names come from the daemon")
    func completion() throws {
        for shell in ["bash", "zsh", "fish"] {
            let ending = try distmlctl(["completion", shell])
            #expect(ending.code == 0)
            #expect(ending.output.contains("distmlctl"))
        }
        try withDaemon({ [$0.reply(sampleNames())] }) { daemon in
            let ending = try distmlctl(
                ["---completion", "dataset", "show", "--", "positional@0", "0", "0", ""],
                socket: daemon.socketPath
            )
            #expect(ending.output == "digits\n", "\(ending.errors)")
        }
    }
}
