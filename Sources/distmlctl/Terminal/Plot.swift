/// Lines over two axes, drawn with characters to fit a terminal.
///
/// A terminal gets braille; a pipe, and several lines without color, get letters that tell the
/// lines apart. Points without a place (not finite, or not above 0 on a logarithmic axis) break
/// their line.
struct Plot {
    /// One line and its points, from left to right.
    struct Line {
        var name: String
        var points: [Point]

        init(_ name: String, _ points: [Point]) {
            self.name = printable(name)
            self.points = points
        }
    }

    /// One point.
    struct Point: Equatable {
        var x: Double
        var y: Double
    }

    /// What stands above; empty for nothing.
    var title = ""
    var xAxis: PlotAxis
    var yAxis: PlotAxis
    var lines: [Line]
    /// A value of x with an upright line and what it means.
    var upright: (x: Double, name: String)?

    /// Columns where no terminal says how many there are.
    static let defaultWidth = 80
    private static let colors: [Color] = [.cyan, .yellow, .green, .red]

    /// The lines of text; `width` nil is a pipe.
    func text(width: Int?, hasColor: Bool, rows: Int = 12) -> [String] {
        let room = max(20, width ?? Plot.defaultWidth)
        let points = lines.flatMap(\.points).filter { xAxis.holds($0.x) && yAxis.holds($0.y) }
        guard let xSpan = xAxis.span(of: points.map(\.x)),
            let ySpan = yAxis.span(of: points.map(\.y))
        else { return titleLines(room) + ["nothing to draw yet"] }
        let isBraille = width != nil && (hasColor || lines.count == 1)
        let yTicks = yAxis.ticks(in: ySpan, steps: max(2, rows / 3))
        let margin = (yTicks.map { displayWidth($0.text) }.max() ?? 0) + 2
        let style: Canvas.Style = isBraille ? .braille : .marks
        var canvas = Canvas(style, columns: max(8, room - margin), rows: max(3, rows))
        for (number, line) in lines.enumerated() {
            draw(line, number, in: (xSpan, ySpan), on: &canvas)
        }
        let frame = Frame(plot: self, canvas: canvas, margin: margin, hasColor: hasColor)
        return titleLines(room) + frame.body(ySpan, yTicks, uprightColumn(in: xSpan, on: canvas))
            + frame.foot(xSpan, room) + frame.legend(room)
    }

    private func titleLines(_ room: Int) -> [String] {
        title.isEmpty ? [] : wrapped(printable(title), to: room)
    }

    private func draw(
        _ line: Line,
        _ number: Int,
        in spans: (x: ClosedRange<Double>, y: ClosedRange<Double>),
        on canvas: inout Canvas
    ) {
        var last: (x: Int, y: Int)?
        for point in line.points {
            guard xAxis.holds(point.x), yAxis.holds(point.y) else {
                last = nil
                continue
            }
            let x = place(xAxis.share(of: point.x, in: spans.x), among: canvas.width)
            let y = place(1 - yAxis.share(of: point.y, in: spans.y), among: canvas.height)
            canvas.draw(from: last ?? (x, y), to: (x, y), line: number)
            last = (x, y)
        }
    }

    private func uprightColumn(in span: ClosedRange<Double>, on canvas: Canvas) -> Int? {
        guard let upright, xAxis.holds(upright.x), span.contains(upright.x) else { return nil }
        return place(xAxis.share(of: upright.x, in: span), among: canvas.columns)
    }

    /// The color of a line, where there is one.
    fileprivate static func color(of line: Int) -> Color { colors[line % colors.count] }
}

/// The number of the place at `share` among `count`.
private func place(_ share: Double, among count: Int) -> Int {
    max(0, min(count - 1, Int((share * Double(count - 1)).rounded())))
}

/// What stands around the canvas.
private struct Frame {
    let plot: Plot
    let canvas: Canvas
    /// Columns left of the canvas: a tick's text, and the axis.
    let margin: Int
    let hasColor: Bool

    private var isPlain: Bool { canvas.style == .marks }
    private var bar: String { isPlain ? "|" : "│" }
    private var tick: String { isPlain ? "+" : "┤" }

    func body(
        _ span: ClosedRange<Double>,
        _ ticks: [(value: Double, text: String)],
        _ upright: Int?
    ) -> [String] {
        var texts = [String?](repeating: nil, count: canvas.rows)
        for (value, text) in ticks {
            texts[place(1 - plot.yAxis.share(of: value, in: span), among: canvas.rows)] = text
        }
        return (0..<canvas.rows).map { row in
            let text = texts[row] ?? ""
            let padding = String(repeating: " ", count: margin - 1 - displayWidth(text))
            let left = padding + text + (texts[row] == nil ? bar : tick)
            return trimmedRight((hasColor ? colored(left, .faint) : left) + content(row, upright))
        }
    }

    private func content(_ row: Int, _ upright: Int?) -> String {
        var result = ""
        var run = ""
        var lineOfRun: Int?
        func endRun() {
            result += hasColor ? colored(run, lineOfRun.map(Plot.color)) : run
            run = ""
        }
        for (column, cell) in canvas.row(row).enumerated() {
            if cell?.line != lineOfRun {
                endRun()
                lineOfRun = cell?.line
            }
            run.append(cell?.character ?? (column == upright ? (isPlain ? ":" : "┊") : " "))
        }
        endRun()
        return result
    }

    func foot(_ span: ClosedRange<Double>, _ room: Int) -> [String] {
        let ticks = plot.xAxis.ticks(in: span, steps: max(2, canvas.columns / 12))
        var rule = [Character](repeating: isPlain ? "-" : "─", count: canvas.columns)
        var labels = [Character](repeating: " ", count: margin + canvas.columns)
        var free = 0
        for (value, text) in ticks {
            let column = place(plot.xAxis.share(of: value, in: span), among: canvas.columns)
            rule[column] = isPlain ? "+" : "┬"
            let width = text.count
            let start = min(max(0, margin + column - width / 2), labels.count - width)
            guard start >= free else { continue }
            labels.replaceSubrange(start..<start + width, with: text)
            free = start + width + 1
        }
        let corner = String(repeating: " ", count: margin - 1) + (isPlain ? "+" : "└")
        let axis = corner + String(rule)
        let names = "\(plot.yAxis.title) over \(plot.xAxis.title)"
        return [hasColor ? colored(axis, .faint) : axis, trimmedRight(String(labels))]
            + wrapped(names, to: room)
    }

    func legend(_ room: Int) -> [String] {
        var items: [String] = []
        if plot.lines.count > 1 {
            for (number, line) in plot.lines.enumerated() {
                let sign = isPlain ? String(Canvas.mark(of: number)) : "━"
                let shown = hasColor ? colored(sign, Plot.color(of: number)) : sign
                items.append("\(shown) \(truncated(line.name, to: room - 2))")
            }
        }
        if let upright = plot.upright {
            items += wrapped("\(isPlain ? ":" : "┊") \(upright.name)", to: room)
        }
        return items
    }
}

private func trimmedRight(_ text: String) -> String {
    String(text.reversed().drop { $0 == " " }.reversed())
}
