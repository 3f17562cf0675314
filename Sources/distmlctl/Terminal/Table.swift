/// Rows under headings, fitted into a terminal.
///
/// Where there is room, every cell is whole. Where there is not, columns that may shrink shrink to
/// their least width, and then the least important columns go. A pipe has all the room there is.
struct Table {
    /// One column.
    struct Column {
        var title: String
        /// Whether cells stand at the right, as numbers do.
        var isRight = false
        /// Least width after shrinking; nil never shrinks.
        var shrinksTo: Int?
        /// 0 never goes; the highest goes first.
        var dispensable = 0

        init(_ title: String, right: Bool = false, shrinksTo: Int? = nil, dispensable: Int = 0) {
            self.title = title
            isRight = right
            self.shrinksTo = shrinksTo
            self.dispensable = dispensable
        }
    }

    /// One cell, whose text has been made printable.
    struct Cell: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        var text: String
        var color: Color?

        init(_ text: String, _ color: Color? = nil) {
            self.text = printable(text)
            self.color = color
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    private static let gap = 2
    private let columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "\(cells.count) cells, \(columns.count) columns")
        rows.append(cells)
    }

    /// The lines, headings first; `width` nil means without limit.
    func lines(width: Int?, hasColor: Bool) -> [String] {
        let kept = keptColumns(width: width)
        let widths = fittedWidths(of: kept, width: width)
        let head = line(kept.map { Cell(columns[$0].title) }, kept, widths, hasColor: false)
        return [hasColor ? colored(head, .faint) : head]
            + rows.map { row in line(kept.map { row[$0] }, kept, widths, hasColor: hasColor) }
    }

    private func naturalWidth(of index: Int) -> Int {
        rows.reduce(displayWidth(columns[index].title)) { max($0, displayWidth($1[index].text)) }
    }

    private func leastWidth(of index: Int) -> Int {
        let natural = naturalWidth(of: index)
        return columns[index].shrinksTo.map { min($0, natural) } ?? natural
    }

    private func total(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + Self.gap * max(0, widths.count - 1)
    }

    private func keptColumns(width: Int?) -> [Int] {
        var kept = Array(columns.indices)
        guard let width else { return kept }
        while total(kept.map(leastWidth)) > width {
            let candidates = kept.filter { columns[$0].dispensable > 0 }
            guard
                let first = candidates.max(by: {
                    (columns[$0].dispensable, $0) < (columns[$1].dispensable, $1)
                })
            else { break }
            kept.removeAll { $0 == first }
        }
        return kept
    }

    private func fittedWidths(of kept: [Int], width: Int?) -> [Int] {
        var widths = kept.map(naturalWidth)
        guard let width else { return widths }
        var excess = total(widths) - width
        while excess > 0 {
            // The widest that may still give gives one column.
            let candidates = kept.indices.filter { widths[$0] > leastWidth(of: kept[$0]) }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func line(
        _ cells: [Cell],
        _ kept: [Int],
        _ widths: [Int],
        hasColor: Bool
    ) -> String {
        var result = ""
        for (place, cell) in cells.enumerated() {
            let text = truncated(cell.text, to: widths[place])
            let padding = String(
                repeating: " ",
                count: max(0, widths[place] - displayWidth(text))
            )
            let shown = hasColor ? colored(text, cell.color) : text
            let isLast = place == cells.count - 1
            if columns[kept[place]].isRight {
                result += padding + shown
            } else {
                result += shown + (isLast ? "" : padding)
            }
            if !isLast { result += String(repeating: " ", count: Self.gap) }
        }
        // An empty last cell leaves the gap before it.
        while result.last == " " { result.removeLast() }
        return result
    }
}
