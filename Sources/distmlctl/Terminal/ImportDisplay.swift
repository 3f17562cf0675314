import ControlAPI

/// Keeps a person informed of an import: a living line on a terminal, nothing elsewhere.
struct ImportDisplay {
    private let terminal: Terminal
    private var isShown = false

    init(terminal: Terminal) {
        self.terminal = terminal
    }

    /// Shows what is new.
    mutating func show(_ item: DatasetAdd.Item) {
        guard let width = terminal.errorWidth else { return }
        printNotePart("\r\u{1B}[K\(truncated(importLine(item), to: width - 1))")
        isShown = true
    }

    /// Takes the living line away.
    mutating func clear() {
        guard isShown else { return }
        printNotePart("\r\u{1B}[K")
        isShown = false
    }
}

/// How far an import is, in one line.
func importLine(_ item: DatasetAdd.Item) -> String {
    var text = "\(printable(item.phase))  \(byteSize(item.bytes))"
    if let most = item.bytesMax, most > 0 {
        text += " of \(byteSize(most)) (\(min(100, 100 * item.bytes / most)) %)"
    }
    return item.rows > 0 ? "\(text)  \(grouped(item.rows)) rows" : text
}
