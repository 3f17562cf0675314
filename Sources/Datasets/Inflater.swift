/// Inflates gzip members one behind the other.
final class Inflater {
    private let state: InflateState
    private let name: String
    private let limits: ImportLimits
    private var consumed = 0
    private var produced = 0
    /// Whether a member has begun and not ended.
    private var isInside = false

    init(name: String, limits: ImportLimits) throws(DatasetError) {
        self.name = name
        self.limits = limits
        state = try InflateState(name: name, .gzip)
    }

    /// Room for compressed bytes; fill it from the start, then call `supplied`.
    var input: UnsafeMutableRawBufferPointer { state.input }

    /// Says that `count` bytes lie at the start of `input`.
    func supplied(_ count: Int) { state.supplied(count) }

    /// Inflates into `target` and returns the count; 0 means that more input is wanted.
    func inflate(into target: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        guard !target.isEmpty else { return 0 }
        while let next = state.next {
            if !isInside { try beginMember(next) }
            let waiting = state.left
            let step = state.step(into: target)
            consumed += waiting - state.left
            switch step {
            case .damaged(let count, let words):
                produced += count
                throw damaged(words)
            case .wrote(let count, let isEnd):
                produced += count
                try checkSize()
                if isEnd { isInside = false }
                if count > 0 { return count }
            }
        }
        return 0
    }

    /// Checks that the last member is complete.
    func finish() throws(DatasetError) {
        guard isInside else { return }
        throw DatasetError(
            .gzipTruncated,
            "gzip data end too early, after \(produced) bytes of contents",
            file: name,
            hint: "fetch the file again"
        )
    }

    private func beginMember(_ next: UInt8) throws(DatasetError) {
        guard consumed == 0 || next == 0x1F else {
            throw DatasetError(
                .gzipTrailingBytes,
                "other bytes follow the gzip data at byte \(consumed)",
                file: name,
                hint: "fetch the file again, or cut it there"
            )
        }
        if consumed > 0 { state.restart() }
        isInside = true
    }

    private func damaged(_ words: String) -> DatasetError {
        DatasetError(
            .gzipCorrupt,
            "gzip data are damaged near byte \(consumed): \(words)",
            file: name,
            hint: "fetch the file again"
        )
    }

    private func checkSize() throws(DatasetError) {
        if produced > limits.ratioFreeBytes, produced / limits.ratioMax > consumed {
            throw DatasetError(
                .gzipRatio,
                "inflates to more than \(limits.ratioMax) times its size",
                file: name
            )
        }
        if produced > limits.bytesMax {
            throw DatasetError(
                .tooLarge,
                "inflates to more than \(limits.bytesMax) bytes",
                file: name
            )
        }
    }
}
