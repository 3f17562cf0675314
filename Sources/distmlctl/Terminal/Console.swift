import Glibc

/// Writes all of `text` to a descriptor; what cannot be written is lost, as its reader is.
private func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&waiting, 1, -1)
            continue
        }
        guard count > 0 else { return }
        bytes = bytes.dropFirst(count)
    }
}

/// Writes the result.
func printResult(_ text: String) {
    write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
}

/// Writes a line that is not the result.
func printNote(_ text: String) {
    write(text + "\n", to: STDERR_FILENO)
}

/// Writes a sentence that is not the result, cut at spaces where a terminal is too narrow for it.
func printSentence(_ text: String, indent: Int = 0) {
    let margin = String(repeating: " ", count: indent)
    guard let width = Terminal.current().errorWidth else { return printNote(margin + text) }
    for line in wrapped(text, to: max(20, width - indent), cutsWords: false) {
        printNote(margin + line)
    }
}

/// Writes a part of a line that is not the result.
func printNotePart(_ text: String) {
    write(text, to: STDERR_FILENO)
}

/// Asks for a yes; everything else is a no.
func askYes(_ question: String) -> Bool {
    printNotePart("\(question) [y/N] ")
    let answer = readLine()?.lowercased()
    return answer == "y" || answer == "yes"
}
