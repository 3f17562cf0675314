/// Columns of text, numbers to the right.
struct Table {
    private var lines: [[String]]
    private let leading: Int

    /// A table with a heading; the first `leading` columns are words.
    init(_ heading: [String], leading: Int) {
        lines = [heading]
        self.leading = leading
    }

    mutating func add(_ cells: [String]) { lines.append(cells) }

    var text: String {
        let columns = lines[0].count
        let widths = (0..<columns).map { column in
            lines.map { $0[column].count }.max() ?? 0
        }
        return lines.map { cells in
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return column < leading ? cells[column] + space : space + cells[column]
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
