import Foundation
import Testing

@testable import distmlctl

@Suite("Plots in characters")
struct PlotTests {
    private func plot(_ lines: [[(Double, Double)]]) -> Plot {
        Plot(
            xAxis: PlotAxis("epoch"),
            yAxis: PlotAxis("loss"),
            lines: lines.enumerated().map { number, points in
                Plot.Line("line \(number)", points.map { Plot.Point(x: $0, y: $1) })
            }
        )
    }

    @Test("A pipe gets letters that tell lines apart, a frame, round ticks and a legend")
    func pipe() {
        var plot = plot([[(0, 4), (20, 0)], [(0, 0), (20, 4)]])
        plot.title = "two"
        #expect(
            plot.text(width: 22, hasColor: false, rows: 5) == [
                "two",
                " 4+***             ooo",
                "  |   ****     oooo",
                " 2+       ooooo",
                "  |   oooo     ****",
                " 0+ooo             ***",
                "  ++--------+--------+",
                "   0       10       20",
                "loss over epoch",
                "* line 0",
                "o line 1",
            ]
        )
    }

    @Test("A single line on a terminal is braille, with 2 × 4 dots a character")
    func braille() {
        let rows = plot([[(0, 0), (17, 0), (17, 3)]]).text(width: 21, hasColor: false, rows: 3)
        #expect(
            Array(rows.prefix(4))
                == [
                    "  │                 ⢸", " 2┤                 ⢸", " 0┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣸",
                    "  └┬─────────┬───────",
                ].map { String($0) },
            "\(rows.joined(separator: "\n"))"
        )
    }

    @Test("No line is wider than the terminal, at any width", arguments: [20, 24, 40, 63, 80, 200])
    func widths(width: Int) {
        var plot = plot([[(1e-6, 2e9), (1, 3e9)], [(1e-3, 1)]])
        plot.title = "a title that is longer than a narrow terminal is wide"
        plot.xAxis.isLogarithmic = true
        plot.upright = (0.01, "chosen 0.01, which takes many words to explain to a person")
        for line in plot.text(width: width, hasColor: false) {
            #expect(displayWidth(line) <= width, "\(line)")
        }
    }

    @Test("Without color nothing steers the terminal, with it every color ends in its line")
    func colors() {
        let plot = plot([[(0, 1), (5, 2)], [(0, 3), (5, 1)]])
        #expect(!plot.text(width: 60, hasColor: false).joined().contains("\u{1B}"))
        for line in plot.text(width: 60, hasColor: true) where line.contains("\u{1B}") {
            let starts = line.components(separatedBy: "\u{1B}[").count - 1
            #expect(line.components(separatedBy: "\u{1B}[0m").count - 1 == starts / 2)
        }
    }

    @Test("A point without a place breaks the line and is not drawn")
    func gaps() {
        let rows = plot([[(0, 1), (1, .nan), (2, 1), (3, .infinity)]])
            .text(width: nil, hasColor: false, rows: 3)
        #expect(rows.joined().filter { $0 == "*" }.count == 2)
        #expect(
            plot([[(1, .nan)], []]).text(width: 40, hasColor: false) == ["nothing to draw yet"]
        )
    }

    @Test("A line that steers a terminal by its name is made harmless")
    func hostile() {
        #expect(Plot.Line("a\u{1B}[2J", []).name == printable("a\u{1B}[2J"))
    }
}

@Suite("Axes of plots")
struct PlotAxisTests {
    @Test(
        "Ticks are 1, 2 or 5 times a power of ten, inside the span, and no more than asked for",
        arguments: [(0.0, 1.0), (-3, 7), (0.3451, 0.3459), (1e-9, 3e-9), (-1e6, 12), (0, 1e300)]
    )
    func evenTicks(low: Double, high: Double) throws {
        let ticks = PlotAxis("y").ticks(in: low...high, steps: 5)
        try #require((2...6).contains(ticks.count))
        let step = ticks[1].value - ticks[0].value
        var mantissa = step
        while mantissa >= 9.99 { mantissa /= 10 }
        while mantissa < 0.999 { mantissa *= 10 }
        #expect([1, 2, 5].contains { abs(mantissa - $0) < 1e-3 }, "\(step)")
        for tick in ticks {
            #expect((low...high).contains(tick.value))
            // Four digits beyond the step are more than a place on a screen can show.
            #expect(abs(try #require(Double(tick.text)) - tick.value) <= step * 1e-4, "\(tick)")
        }
    }

    @Test("A logarithmic axis over decades has ticks at powers of ten")
    func decades() {
        let ticks = PlotAxis("x", isLogarithmic: true).ticks(in: 3e-4...200, steps: 6)
        #expect(ticks.map(\.text) == ["0.001", "0.01", "0.1", "1", "10", "100"])
        let few = PlotAxis("x", isLogarithmic: true).ticks(in: 3e-4...200, steps: 3)
        #expect(few.map(\.text) == ["0.001", "0.1", "10"])
    }

    @Test("Equal ratios take equal room on a logarithmic axis; values of 0 or less have no place")
    func logarithm() {
        let axis = PlotAxis("x", isLogarithmic: true)
        #expect(abs(axis.share(of: 1, in: 0.01...100) - 0.5) < 1e-12)
        #expect(!axis.holds(0) && !axis.holds(-1) && axis.holds(1e-300))
        #expect(axis.span(of: [0, -1]) == nil)
        #expect(axis.span(of: [4]) == 2...8)
        #expect(PlotAxis("y").span(of: [0]) == -1...1)
    }
}
