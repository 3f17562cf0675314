import CEdit
import Glibc

/// Reads lines with editing, history and completion, through libedit.
final class LineEditor {
    /// What reading a line gave.
    enum Result: Equatable {
        case line(String)
        /// Ctrl-C: the line was given up.
        case interrupted
        /// Ctrl-D on an empty line.
        case end
    }

    /// Lines that history keeps.
    private static let historyLimit: Int32 = 1000
    /// Brackets what takes no room on the screen.
    static let promptEscape: Character = "\u{01}"

    private let complete: (String) -> [String]
    private let historyPath: String?
    private var editor: OpaquePointer?
    private var history: OpaquePointer?
    private var promptMemory: UnsafeMutablePointer<CChar>?
    private var wasInterrupted = false

    /// An editor on the terminal; `complete` says what may follow what has been typed.
    init(historyPath: String?, complete: @escaping (String) -> [String]) {
        self.complete = complete
        self.historyPath = historyPath
        let owner = Unmanaged.passUnretained(self).toOpaque()
        editor = cedit_open("distmlctl", owner)
        history = history_init()
        guard let editor, let history else { return }
        cedit_history_limit(history, Self.historyLimit)
        if let historyPath { _ = cedit_history_load(history, historyPath) }
        cedit_use_history(editor, history)
        cedit_set_prompt(editor, { LineEditor.of($0)?.promptPointer() }, 1)
        cedit_bind(editor, "distml-complete", "Complete the word", "^I") { editor, _ in
            LineEditor.of(editor)?.completeWord() ?? UInt8(CC_ERROR)
        }
        cedit_bind(editor, "distml-interrupt", "Give the line up", "^C") { editor, _ in
            LineEditor.of(editor)?.interrupt() ?? UInt8(CC_ERROR)
        }
    }

    deinit {
        if let editor { el_end(editor) }
        if let history { history_end(history) }
        promptMemory?.deallocate()
    }

    private static func of(_ editor: OpaquePointer?) -> LineEditor? {
        guard let editor, let owner = cedit_owner(editor) else { return nil }
        return Unmanaged<LineEditor>.fromOpaque(owner).takeUnretainedValue()
    }

    private func promptPointer() -> UnsafeMutablePointer<CChar>? { promptMemory }

    private func setPrompt(_ text: String) {
        promptMemory?.deallocate()
        let bytes = text.utf8CString
        let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { memory[index] = byte }
        promptMemory = memory
    }

    /// Reads one line, without its end.
    func readLine(prompt: String) -> Result {
        guard let editor else { return .end }
        setPrompt(prompt)
        wasInterrupted = false
        var count: Int32 = 0
        guard let text = el_gets(editor, &count), count > 0 else {
            return wasInterrupted ? .interrupted : .end
        }
        let line = String(cString: text)
        return .line(line.hasSuffix("\n") ? String(line.dropLast()) : line)
    }

    /// Keeps a line for later sessions.
    func remember(_ line: String) {
        guard let history, !line.isEmpty else { return }
        _ = cedit_history_enter(history, line)
        guard let historyPath else { return }
        // Commands may name what others should not read.
        let mask = umask(0o077)
        _ = cedit_history_save(history, historyPath)
        umask(mask)
    }

    private func interrupt() -> UInt8 {
        wasInterrupted = true
        printNote("^C")
        return UInt8(CC_EOF)
    }

    /// Inserts what is certain; where nothing is, shows what is possible.
    private func completeWord() -> UInt8 {
        guard let editor, let info = el_line(editor), let start = info.pointee.buffer,
            let cursor = info.pointee.cursor
        else { return UInt8(CC_ERROR) }
        let length = cursor - start
        let typed = String(
            decoding: UnsafeRawBufferPointer(start: start, count: length),
            as: UTF8.self
        )
        let found = complete(typed)
        let beginning = typedSoFar(typed).beginning
        guard let only = found.first else { return UInt8(CC_REFRESH_BEEP) }
        let isWhole = found.count == 1 && !only.hasSuffix("/")
        let certain = isWhole ? only + " " : commonBeginning(found)
        let rest = String(certain.dropFirst(beginning.count))
        if !rest.isEmpty, el_insertstr(editor, rest) == 0 { return UInt8(CC_REFRESH) }
        let width = Terminal.current().outputWidth ?? 80
        printNote("\n" + inColumns(found, width: width).joined(separator: "\n"))
        return UInt8(CC_REDISPLAY)
    }
}
