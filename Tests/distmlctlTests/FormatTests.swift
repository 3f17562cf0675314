import ControlAPI
import Domain
import Testing

@testable import distmlctl

@Suite("Numbers, sizes and times for a person")
struct FormatTests {
    @Test(
        "Sizes are in IEC units",
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (10_240, "10 KiB"),
            (1_048_575, "1 MiB"), (67_108_864, "64 MiB"), (Int.max, "8 EiB"),
        ]
    )
    func sizes(value: Int, text: String) {
        #expect(byteSize(value) == text)
    }

    @Test(
        "Lengths of time have the unit that fits",
        arguments: [
            (0.000_085, "85 µs"), (0.0012, "1.2 ms"), (0.25, "250 ms"), (3.21, "3.2 s"),
            (59.97, "1m00s"), (65, "1m05s"), (7800, "2h10m"), (273_600, "3d04h"), (.nan, "-"),
        ]
    )
    func durations(seconds: Double, text: String) {
        #expect(duration(seconds) == text)
    }

    @Test(
        "Lengths of time are read as people type them",
        arguments: [
            ("90", 90.0), ("90s", 90), ("1.5m", 90), ("1h30m", 5400), ("2d", 172_800), ("", nil),
            ("5x", nil), ("m", nil), ("-5", nil), ("1h30", nil), ("nan", nil), ("0x10", nil),
            ("1e3", nil),
        ] as [(String, Double?)]
    )
    func typedDurations(text: String, value: Double?) {
        #expect(seconds(typed: text) == value)
    }

    @Test(
        "Sizes are read as people type them",
        arguments: [
            ("4096", 4096), ("4KiB", 4096), ("4k", 4096), ("64MiB", 67_108_864), ("", nil),
            ("KiB", nil), ("4XB", nil), ("99999999999GiB", nil),
        ] as [(String, Int?)]
    )
    func typedSizes(text: String, value: Int?) {
        #expect(byteCount(typed: text) == value)
    }

    @Test("Counts are grouped, or short")
    func counts() {
        #expect(
            [0, 999, 1000, 1_234_567, -1000].map(grouped) == [
                "0", "999", "1,000", "1,234,567", "-1,000",
            ]
        )
        #expect(
            [0, 999, 1000, 1234, 34_000_000].map(compact) == ["0", "999", "1k", "1.2k", "34M"]
        )
    }

    @Test("Text of strangers cannot steer a terminal")
    func printableText() {
        #expect(printable("a\u{1B}[2Jb\n\u{202E}ü漢") == "a\\u{1B}[2Jb\\n\\u{202E}ü漢")
    }

    @Test("Text is cut by columns, not by letters", arguments: 0...9)
    func truncation(width: Int) {
        let text = truncated("漢字ab漢字", to: width)
        #expect(displayWidth(text) <= width)
        #expect(text.hasSuffix("…") == (width > 0))
    }

    @Test("Words are wrapped at spaces, and cut where they must")
    func wrapping() {
        #expect(wrapped("aa bb cccccc d", to: 5) == ["aa bb", "ccccc", "c d"])
        #expect(wrapped("", to: 5) == [""])
    }
}

@Suite("Tables")
struct TableTests {
    private func sample() -> Table {
        var table = Table([
            .init("NAME", shrinksTo: 6), .init("ROWS", right: true), .init("EXTRA", dispensable: 1),
            .init("MORE", dispensable: 2),
        ])
        table.add(["a-very-long-name", "1", "eeeee", "mmmm"])
        table.add(["b", "1,000", "e", "m"])
        return table
    }

    @Test("A pipe gets every cell whole")
    func whole() {
        #expect(
            sample().lines(width: nil, hasColor: false) == [
                "NAME               ROWS  EXTRA  MORE", "a-very-long-name      1  eeeee  mmmm",
                "b                 1,000  e      m",
            ]
        )
    }

    @Test("No line is wider than the terminal", arguments: [13, 20, 25, 30, 40, 80])
    func fits(width: Int) {
        let lines = sample().lines(width: width, hasColor: false)
        #expect(lines.allSatisfy { displayWidth($0) <= width }, "\(lines)")
        #expect(lines[0].hasPrefix("NAME"))
        #expect(lines[2].contains("1,000"))
    }

    @Test("Names shrink before columns go, the least important first")
    func order() {
        #expect(sample().lines(width: 30, hasColor: false)[0].contains("MORE"))
        let narrow = sample().lines(width: 20, hasColor: false)[0]
        #expect(narrow.contains("EXTRA") && !narrow.contains("MORE"))
    }

    @Test("Every printer's table fits 80 and 40 columns", arguments: [80, 40])
    func printers(width: Int) {
        let terminal = Terminal(
            inputIsTerminal: false,
            outputWidth: width,
            errorWidth: nil,
            hasColor: false
        )
        let nodes = [sampleNode("a", .alive), sampleNode("node-with-a-name", .dead)]
        var lines = NodeListPrinter().lines(nodes, on: terminal)
        lines += RunListPrinter().lines([sampleRun(.converged), sampleRun(nil)], on: terminal)
        lines += RunPrinter().lines(sampleRun(.nodesLost), on: terminal)
        lines += DatasetPrinter().lines(sampleDataset(DatasetName(checked: "toys")), on: terminal)
        #expect(lines.allSatisfy { displayWidth($0) <= width }, "\(lines)")
    }
}

@Suite("The line of progress")
struct ProgressTests {
    @Test("It keeps what matters where there is little room", arguments: [79, 39, 25, 10])
    func width(width: Int) {
        let line = progressLine(sampleProgress(), width: width)
        #expect(line.contains("epoch 1.5/10") && line.contains("loss 0.25"))
        #expect(displayWidth(line) <= max(width, 24))
        #expect(line.contains("left") == (width >= 39))
    }

    @Test("It is whole where there is no limit")
    func whole() {
        #expect(
            progressLine(sampleProgress(), width: nil)
                == "r-aaaaaa  epoch 1.5/10  step 40  loss 0.25  rate 0.5  123k rows/s  ≤1:25 left"
        )
        #expect(!progressLine(sampleProgress(epochsMax: nil), width: nil).contains("left"))
    }

    @Test("The nearest limit tells how long it may last: of epochs, steps or time")
    func limits() {
        func line(_ steps: Int?, _ seconds: Double?) -> String {
            var item = sampleProgress()
            item.progress?.stepsMax = steps
            item.progress?.secondsMax = seconds
            return progressLine(item, width: nil)
        }
        // 40 steps took 15 s; the ten epochs would take 85 s more.
        #expect(line(80, nil).hasSuffix("≤0:15 left"))
        #expect(line(80, nil).contains("step 40/80"))
        #expect(line(8000, nil).hasSuffix("≤1:25 left"))
        #expect(line(80, 20).hasSuffix("≤0:05 left"))
        #expect(line(nil, 20).hasSuffix("≤0:05 left"))
    }
}
