import ControlAPI
import Domain

/// Keeps a person informed of a run: one living line on a terminal, a line now and then elsewhere.
struct ProgressDisplay {
    /// Seconds between two lines where they cannot be overwritten.
    private static let interval = 10.0

    private let terminal: Terminal
    private var nextLine = 0.0
    private var isShown = false
    private var choices: String?
    private var generation: Generation?
    /// The run, once it is known.
    private(set) var run: RunID?

    init(terminal: Terminal) {
        self.terminal = terminal
    }

    /// Shows what is new; `now` is on the monotonic clock.
    mutating func show(_ item: RunFollow.Item, now: Double) {
        run = item.run
        if let choices = item.choices, choices != self.choices {
            clear()
            printSentence("chosen: \(printable(choices))")
            self.choices = choices
        }
        if let generation, generation < item.generation {
            clear()
            printNote("a new ring stands, generation \(item.generation)")
        }
        generation = item.generation
        if let width = terminal.errorWidth {
            // The last column stays free: writing it would wrap on some terminals.
            let text = truncated(progressLine(item, width: width - 1), to: width - 1)
            printNotePart("\r\u{1B}[K\(text)")
            isShown = true
        } else if item.progress != nil, now >= nextLine {
            printNote(progressLine(item, width: nil))
            nextLine = now + Self.interval
        }
    }

    /// Takes the living line away.
    mutating func clear() {
        guard isShown else { return }
        printNotePart("\r\u{1B}[K")
        isShown = false
    }
}

/// What a person wants to know of a run at a glance, in at most `width` columns where possible.
func progressLine(_ item: RunFollow.Item, width: Int?) -> String {
    guard let progress = item.progress else { return "\(item.run)  \(item.status.rawValue)" }
    var epoch = "epoch \(short(progress.epoch, digits: progress.epoch < 100 ? 3 : 4))"
    if let most = progress.epochsMax { epoch += "/\(most)" }
    var step = "step \(grouped(progress.step))"
    if let most = progress.stepsMax { step += "/\(grouped(most))" }
    // A kernel machine takes blocks of rows, not all of them in turn, and lowers its dual.
    let isByBlocks = progress.epoch == 0 && progress.rowsPerSecond == 0 && progress.step > 0
    let loss = progress.loss.isFinite ? short(progress.loss) : "\(progress.loss)"
    // In the order of reading; the numbers say in which order they go where room is short.
    var parts: [(rank: Int, text: String)] = [
        (4, item.run.text), (0, epoch), (3, step),
        (0, "\(isByBlocks ? "dual" : "loss") \(loss)"),
    ]
    if isByBlocks { parts.remove(at: 1) }
    if let gap = progress.gap { parts.append((0, "gap \(short(gap, digits: 2))")) }
    if progress.learningRate > 0 {
        parts.append((5, "rate \(short(progress.learningRate, digits: 2))"))
    }
    if progress.rowsPerSecond > 0 {
        parts.append((2, "\(compact(progress.rowsPerSecond)) rows/s"))
    }
    if let left = secondsLeft(progress) { parts.append((1, "≤\(countdown(left)) left")) }
    func joined() -> String { parts.map(\.text).joined(separator: "  ") }
    while let width, displayWidth(joined()) > width,
        let worst = parts.indices.max(by: { parts[$0].rank < parts[$1].rank }),
        parts[worst].rank > 0
    {
        parts.remove(at: worst)
    }
    return joined()
}

/// Seconds until the nearest limit: of epochs, of steps or of time; a rule may end the run earlier.
private func secondsLeft(_ progress: RunProgress) -> Double? {
    func left(of most: Double?, at done: Double) -> Double? {
        guard let most, done > 0, progress.seconds > 0 else { return nil }
        return max(0, (most - done) * progress.seconds / done)
    }
    return [
        left(of: progress.epochsMax.map(Double.init), at: progress.epoch),
        left(of: progress.stepsMax.map(Double.init), at: Double(progress.step)),
        left(of: progress.secondsMax, at: progress.seconds),
    ].compactMap(\.self).min()
}
