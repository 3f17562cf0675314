import ArgumentParser
import ControlAPI
import Domain
import Foundation
import Testing

@testable import distmlctl

@Suite("What a sweep tries")
struct SweepTrialTests {
    private let base = ["sgd", "--dataset", "digits", "--epochs", "5"]

    private func options(
        _ grid: [String],
        random: Int? = nil
    ) throws -> SweepOptions {
        var words = ["--parallel", "2"]
        for item in grid { words += ["--grid", item] }
        if let random { words += ["--random", "\(random)"] }
        return try SweepOptions.parse(words)
    }

    private func tried(_ grid: [String], _ words: [String]? = nil) throws -> [SweepTrial] {
        try trials(of: RunSgdCommand.self, try options(grid), words: words ?? base, seed: 0)
    }

    @Test("A grid is every combination, the last option turning fastest")
    func grid() throws {
        let trials = try tried(["lr=0.1,0.01", "l2=0,1e-4,1"])
        #expect(
            trials.map(\.options) == [
                "lr=0.1 l2=0", "lr=0.1 l2=1e-4", "lr=0.1 l2=1", "lr=0.01 l2=0", "lr=0.01 l2=1e-4",
                "lr=0.01 l2=1",
            ]
        )
        #expect(trials.map(\.spec.learningRate) == [0.1, 0.1, 0.1, 0.01, 0.01, 0.01])
        #expect(trials.map(\.spec.l2) == [0, 1e-4, 1, 0, 1e-4, 1])
        #expect(trials.allSatisfy { $0.spec.epochs == 5 && $0.spec.name == nil })
    }

    @Test("A value that stands there twice is tried once, and that is said")
    func twice() throws {
        var said: [String] = []
        let trials = try trials(
            of: RunSgdCommand.self,
            try options(["lr=0.1,1e-1,0.01", "schedule=step,step", "lr=0.01"]),
            words: base,
            seed: 0
        ) { said.append($0) }
        #expect(trials.map(\.options) == ["lr=0.1 schedule=step", "lr=0.01 schedule=step"])
        #expect(
            said == [
                "--grid lr: 1e-1, 0.01 stands there twice and is tried once",
                "--grid schedule: step stands there twice and is tried once",
            ]
        )
    }

    @Test("What is wrong is said before anything else", arguments: ["lr", "lr=0.1,,1"])
    func order(grid: String) throws {
        let ending = try distmlctl(["sweep", "sgd", "--dataset", "d", "--grid", grid])
        #expect(ending.code == 2)
        #expect(ending.errors.hasPrefix("error: --grid \(grid): "))
    }

    @Test("Any option of the run can be varied, also those that are words")
    func words() throws {
        let trials = try tried(["schedule=constant,step", "lr=auto,0.5"])
        #expect(trials.map(\.spec.schedule) == [.constant, .constant, .step, .step])
        #expect(trials.map(\.spec.optimizer.findsRate) == [true, false, true, false])
    }

    @Test("Without a grid there is one trial, for folds alone")
    func none() throws {
        #expect(try tried([]).map(\.options) == [""])
    }

    @Test("One option typed twice is one axis; a value with a colon keeps its commas")
    func merged() throws {
        let axes = try Axis.merged([
            Axis(typed: "model=mlp:256,128"), Axis(typed: "lr=1"), Axis(typed: "--model=cnn:c3,d"),
        ])
        #expect(axes.map(\.option) == ["model", "lr"])
        #expect(axes[0].values == .list(["mlp:256,128", "cnn:c3,d"]))
    }

    @Test(
        "What cannot be varied is refused, with its name and what to type instead",
        arguments: [
            (["lr"], "--grid lr: it names no option and values"),
            (["=1"], "it names no option"),
            (["lr=0.1,,1"], "--grid lr=0.1,,1: a value is missing"),
            (["lr=3..1"], "a range goes from 0 or more to more"),
            (["lr=1e-4..1"], "--grid lr: a range has no end of values"),
            (["lrr=1"], "'distmlctl run sgd' has no option '--lrr'"),
            (["name=a,b"], "--grid name: every trial has the same name"),
            (["epochs=1,2"], "--epochs is given, and varied by --grid as well"),
            (["lr=0.1,fast"], "trial lr=fast: "),
        ]
    )
    func refused(grid: [String], message: String) throws {
        let error = #expect(throws: RPCError.self) { _ = try tried(grid) }
        #expect(error?.code == .badUsage)
        #expect(error?.message.contains(message) ?? false, "\(error?.message ?? "")")
    }

    @Test("A near miss says what was meant")
    func nearMiss() throws {
        let error = #expect(throws: RPCError.self) { _ = try tried(["momentun=0.9"]) }
        #expect(error?.hint == "did you mean '--momentum'?")
    }

    @Test("More trials than a sweep may have are refused, however many")
    func tooMany() throws {
        let values = (1...300).map(String.init).joined(separator: ",")
        let error = #expect(throws: RPCError.self) {
            _ = try tried(["lr=\(values)", "l2=\(values)", "momentum=\(values)"])
        }
        #expect(error?.message.contains("more than 256 trials") ?? false)
    }

    @Test("The sweep's own words do not reach its runs")
    func stripped() {
        let words = [
            "sgd", "--grid", "lr=1,2", "--folds=3", "--dataset", "d", "--halving", "--keep",
            "--parallel", "2", "--seed", "7", "--random=4",
        ]
        #expect(withoutSweepOptions(words) == ["sgd", "--dataset", "d", "--seed", "7"])
    }
}

@Suite("Draws of a sweep")
struct DrawTests {
    private let axes = [
        Result { try Axis(typed: "lr=1e-4..1e-1") }, Result { try Axis(typed: "l2=0..1") },
        Result { try Axis(typed: "batch=16..512") }, Result { try Axis(typed: "schedule=a,b") },
    ]

    private func drawn(_ count: Int, seed: UInt64) throws -> [Combination] {
        draws(count, of: try axes.map { try $0.get() }, seed: seed)
    }

    @Test("Draws lie in their ranges; whole ends give whole numbers")
    func ranges() throws {
        let all = try drawn(200, seed: 1)
        #expect(all.count == 200)
        for combination in all {
            let value = Dictionary(uniqueKeysWithValues: combination.map { ($0.option, $0.value) })
            #expect((1e-4...1e-1).contains(Double(value["lr"] ?? "") ?? 0))
            #expect((0...1).contains(Double(value["l2"] ?? "") ?? -1))
            #expect((16...512).contains(Int(value["batch"] ?? "") ?? 0))
            #expect(["a", "b"].contains(value["schedule"]))
        }
    }

    @Test("A range above 0 is drawn evenly in the logarithm, one from 0 evenly")
    func shares() throws {
        let all = try drawn(600, seed: 2)
        let rates = all.compactMap { Double($0[0].value) }
        // Three powers of ten, a third each: 200 ± 12 by the binomial's deviation; five of them.
        for low in [1e-4, 1e-3, 1e-2] {
            #expect((140...260).contains(rates.count { $0 >= low && $0 < low * 10 }))
        }
        let penalties = all.compactMap { Double($0[1].value) }
        #expect((240...360).contains(penalties.count { $0 < 0.5 }))
    }

    @Test("The seed decides, and nothing is drawn twice")
    func seeds() throws {
        let texts = try [3, 3, 4].map { seed in
            try drawn(50, seed: UInt64(seed)).map { text(of: $0) }
        }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
        #expect(Set(texts[0]).count == 50)
        let few = draws(50, of: [try Axis(typed: "schedule=a,b,c")], seed: 1)
        #expect(Set(few.map { text(of: $0) }) == ["schedule=a", "schedule=b", "schedule=c"])
    }
}

@Suite("Sweeps for a person")
struct SweepDisplayTests {
    private func sweep(_ trials: [(String, Double?)]) -> SweepDocument {
        let spec = RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "digits"))
        let record = SweepRecord(
            id: SweepID(checked: "s-aaaaaa"),
            spec: SweepSpec(trials: trials.map { SweepTrial(options: $0.0, spec: spec) }),
            coordinator: NodeID(checked: "a"),
            caller: Caller(uid: 1000, tenant: .default, role: .member),
            startedAt: 0
        )
        var document = SweepDocument(record, metric: .accuracy)
        for (place, trial) in trials.enumerated() {
            document.trials[place].score = trial.1
            document.trials[place].state = trial.1 == nil ? "behind" : "measured"
        }
        document.best = trials.indices.filter { trials[$0].1 != nil }
            .max { (trials[$0].1 ?? 0) < (trials[$1].1 ?? 0) }.map { $0 + 1 }
        return document
    }

    private let piped = Terminal(
        inputIsTerminal: false,
        outputWidth: nil,
        errorWidth: nil,
        hasColor: false
    )

    @Test("The best trial comes first, those without a score last")
    func order() {
        let document = sweep([("lr=1", 0.5), ("lr=2", nil), ("lr=3", 0.9), ("lr=4", 0.7)])
        let lines = SweepPrinter().lines(document, on: piped)
        let shown = lines.prefix(5).compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("lr=") }.map(String.init)
        }
        #expect(shown == ["lr=3", "lr=4", "lr=1", "lr=2"])
        #expect(lines.contains { $0.contains("Best") && $0.contains("trial 3: lr=3") })
    }

    @Test("The plot is over the option whose numbers differ most, a line for each other choice")
    func plotted() throws {
        let drawn = try #require(
            plot(
                of: sweep([
                    ("lr=1 l2=0", 1), ("lr=100 l2=0", 2), ("lr=10 l2=0", 3), ("lr=1 l2=5", 4),
                    ("lr=10 l2=5", nil),
                ])
            )
        )
        #expect(drawn.xAxis == PlotAxis("lr", isLogarithmic: true))
        #expect(drawn.lines.map(\.name) == ["l2=0", "l2=5"])
        #expect(drawn.lines[0].points.map(\.x) == [1, 10, 100])
        #expect(drawn.lines[0].points.map(\.y) == [1, 3, 2])
    }

    @Test("Where nothing varies but words there is no plot")
    func unplotted() {
        #expect(plot(of: sweep([("schedule=a", 1), ("schedule=b", 2), ("schedule=c", 3)])) == nil)
        #expect(plot(of: sweep([("", 1)])) == nil)
    }

    @Test("A sweep's exit code says how it ended")
    func exitCodes() {
        var document = sweep([("lr=1", 1)])
        document.status = .ended
        #expect(exitCode(of: document) == 0)
        document.trouble = "no trial could be measured"
        #expect(exitCode(of: document) == 1)
        document.trouble = nil
        document.status = .stopped
        #expect(exitCode(of: document) == 11)
    }

    @Test("The line while it goes on names the best and what runs now")
    func line() {
        var document = sweep([("lr=1", 0.5), ("lr=3", 0.9), ("lr=4", nil)])
        document.trials[2].state = "running"
        document.trials[2].epochs = 2
        #expect(
            sweepLine(document) == "s-aaaaaa  2/3 trials  best 0.9 (lr=3)  now lr=4, epoch 2"
        )
    }
}
