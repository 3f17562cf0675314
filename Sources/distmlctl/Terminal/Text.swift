import Glibc

/// The color of a word on a terminal.
enum Color: String, Sendable {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case faint = "2"
    case bold = "1"
}

/// Text that a stranger may have written, without what would steer a terminal.
func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
            result += scalar.escaped(asASCII: true)
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Columns that `text` takes on a terminal; it has been made printable before.
func displayWidth(_ text: String) -> Int {
    var width = 0
    for character in text {
        guard let scalar = character.unicodeScalars.first else { continue }
        width += isWide(scalar.value) ? 2 : 1
    }
    return width
}

/// Whether a character takes two columns.
///
/// Source: Unicode Standard Annex 11, the blocks whose characters are wide throughout.
private func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
        0x20000...0x3FFFD:
        true
    default: false
    }
}

/// The beginning of `text` in at most `width` columns, with `…` where something is missing.
func truncated(_ text: String, to width: Int) -> String {
    guard displayWidth(text) > width else { return text }
    guard width > 1 else { return width == 1 ? "…" : "" }
    var result = ""
    var used = 0
    for character in text {
        let step = displayWidth(String(character))
        if used + step > width - 1 { break }
        result.append(character)
        used += step
    }
    return result + "…"
}

/// `text` cut at spaces into lines of at most `width` columns; a longer word is cut as well, or
/// left whole, so that a path can be copied.
func wrapped(_ text: String, to width: Int, cutsWords: Bool = true) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: true) {
        var rest = String(word)
        if !line.isEmpty, displayWidth(line) + 1 + displayWidth(rest) <= width {
            line += " " + rest
            continue
        }
        if !line.isEmpty { lines.append(line) }
        while cutsWords, displayWidth(rest) > width, width > 0 {
            lines.append(String(rest.prefix(width)))
            rest = String(rest.dropFirst(width))
        }
        line = rest
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
}

/// What terminals call a word in a color.
func colored(_ text: String, _ color: Color?) -> String {
    guard let color else { return text }
    return "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m"
}
