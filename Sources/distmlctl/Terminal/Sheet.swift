/// Names and values, one below the other, with an optional heading over each group.
struct Sheet {
    private enum Line {
        case heading(String)
        case entry(name: String, value: String, color: Color?)
        case table(Table)
    }

    private var lines: [Line] = []

    /// Adds `name: value`; a value of nil adds nothing.
    mutating func add(_ name: String, _ value: String?, _ color: Color? = nil) {
        guard let value else { return }
        lines.append(.entry(name: name, value: printable(value), color: color))
    }

    /// Adds a table under a heading; an empty one adds nothing.
    mutating func add(_ heading: String, _ table: Table) {
        guard !table.isEmpty else { return }
        lines.append(.heading(heading))
        lines.append(.table(table))
    }

    /// The lines; long values go on under themselves.
    func lines(width: Int?, hasColor: Bool) -> [String] {
        let names = lines.compactMap { line in
            if case .entry(let name, _, _) = line { displayWidth(name) } else { nil }
        }
        let indent = (names.max() ?? 0) + 2
        return lines.flatMap { line in
            switch line {
            case .heading(let text):
                return [""]
                    + wrapped(text, to: width ?? .max).map { hasColor ? colored($0, .bold) : $0 }
            case .table(let table):
                return table.lines(width: width, hasColor: hasColor)
            case .entry(let name, let value, let color):
                let room = max(10, (width ?? .max / 2) - indent)
                let parts = width == nil ? [value] : wrapped(value, to: room)
                let margin = String(repeating: " ", count: indent)
                return parts.enumerated().map { place, part in
                    let shown = hasColor ? colored(part, color) : part
                    guard place == 0 else { return margin + shown }
                    let padding = String(repeating: " ", count: indent - displayWidth(name))
                    return (hasColor ? colored(name, .faint) : name) + padding + shown
                }
            }
        }
    }
}
