import ControlAPI

/// Splits a line into words as a POSIX shell does, without its variables, globs and pipes.
///
/// Quotes group, a backslash takes the next character as it is, `#` at the start of a word begins
/// a comment.
/// - Throws: `.badUsage` where a quote is not closed, or for what only a real shell can do.
func splitWords(_ line: String) throws(RPCError) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in line {
        if isEscaped {
            word = (word ?? "") + String(character)
            isEscaped = false
        } else if character == "\\", quote != "'" {
            isEscaped = true
        } else if let open = quote {
            if character == open { quote = nil } else { word?.append(character) }
        } else if character == "'" || character == "\"" {
            quote = character
            word = word ?? ""
        } else if character == " " || character == "\t" {
            if let whole = word { words.append(whole) }
            word = nil
        } else if character == "#", word == nil {
            return words
        } else if "|><;&".contains(character) {
            throw RPCError(
                .badUsage,
                "'\(character)' means nothing here",
                hint:
                    "leave this shell for pipes and redirections: distmlctl COMMAND \(character) …"
            )
        } else {
            word = (word ?? "") + String(character)
        }
    }
    guard quote == nil, !isEscaped else {
        throw RPCError(.badUsage, "a quote or a backslash at the end is not closed")
    }
    if let whole = word { words.append(whole) }
    return words
}

/// Where a line that is being typed stands: the words before the cursor's, and the beginning of
/// that one.
func typedSoFar(_ line: String) -> (before: [String], beginning: String) {
    let parts = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    if line.isEmpty || line.hasSuffix(" ") { return (parts, "") }
    return (Array(parts.dropLast()), parts.last ?? "")
}
