import Domain
import Registers

/// What clients did and saw, and whether one register per key could have done it.
///
/// Every write has a value of its own (its operation's number), and a write succeeds only if the
/// version is the one expected. So the values that a register went through form one chain:
/// version 1, 2, 3, …, each by one writer. An operation's place is given by the version it made
/// or saw, reads behind the write. The history is linearizable if and only if
/// 1. nobody sees two writers of one version, or a value that nobody had begun to write;
/// 2. a write that is reported as done made the version after the one it expected, and one that is
///    reported as not done was never seen by anybody;
/// 3. an operation that began after another had ended has no earlier place.
/// A write whose end is unknown may take its place at any time after its beginning.
/// Places are a weak order in which only reads of one version are equal, and these commute;
/// therefore comparing pairs is enough.
struct History {
    struct Entry {
        var id: OperationID
        var client: Simulation.Client
        var began: Int
        var ended: Int?
        var outcome: RegisterOutcome?
        var expected: UInt64?
    }

    private(set) var entries: [Entry] = []

    /// Notes the beginning and says what to ask for.
    mutating func begin(
        _ id: OperationID,
        _ client: Simulation.Client,
        at time: Int
    ) -> RegisterChange {
        var entry = Entry(id: id, client: client, began: time)
        let change: RegisterChange
        switch client.wish {
        case .read, .update: change = .read
        case .claim:
            entry.expected = 0
            change = .write(expecting: 0, [])
        case .write(let version):
            entry.expected = version
            change = .write(expecting: version, [])
        case .members(let list):
            entry.expected = 0
            change = .write(expecting: 0, list.bytes)
        }
        entries.append(entry)
        return change
    }

    /// Notes the end; returns what the client wants next.
    mutating func finish(
        _ id: OperationID,
        _ outcome: RegisterOutcome,
        at time: Int
    ) -> Simulation.Client? {
        guard let index = entries.lastIndex(where: { $0.id == id }) else { return nil }
        entries[index].ended = time
        entries[index].outcome = outcome
        guard entries[index].client.wish == .update, case .committed(let value) = outcome else {
            return nil
        }
        var next = entries[index].client
        next.wish = .write(value?.version ?? 0)
        return next
    }

    /// The first reason why no register could have done this; nil if one could.
    func fault() -> String? {
        let keys = Set(entries.map(\.client.key)).sorted()
        for key in keys {
            let part = entries.filter { $0.client.key == key }
            if let fault = ChainCheck(part).fault() { return "\(key): \(fault)" }
        }
        return nil
    }
}

/// The check for one key.
private struct ChainCheck {
    private var entries: [History.Entry]
    private var writers: [UInt64: OperationID] = [:]
    private var contradiction: String?

    init(_ entries: [History.Entry]) {
        self.entries = entries
        for entry in entries {
            guard let value = entry.seen else { continue }
            if let other = writers[value.version], other != value.writer {
                contradiction = "version \(value.version) has two writers"
            }
            writers[value.version] = value.writer
        }
    }

    func fault() -> String? { contradiction ?? writerFault() ?? outcomeFault() ?? orderFault() }

    private func writerFault() -> String? {
        for (version, writer) in writers {
            guard let entry = entries.first(where: { $0.id == writer }) else {
                return "version \(version) was written by nobody"
            }
            guard let expected = entry.expected, expected + 1 == version else {
                return "version \(version) was written by an operation that expected another"
            }
            switch entry.outcome {
            case .conflict: return "a write that conflicted was seen as version \(version)"
            case .unavailable: return "a write that was not done was seen as version \(version)"
            case .committed, .unknown, nil: break
            }
        }
        return nil
    }

    private func outcomeFault() -> String? {
        for entry in entries {
            guard let expected = entry.expected, let outcome = entry.outcome else { continue }
            switch outcome {
            case .committed(let value):
                if value?.writer != entry.id { return "a write was done, but not its value" }
            case .conflict(let value):
                if (value?.version ?? 0) == expected { return "a conflict without a reason" }
            case .unavailable, .unknown: break
            }
        }
        return nil
    }

    private func orderFault() -> String? {
        for early in entries {
            guard early.isKnown, let ended = early.ended, let first = early.place(writers) else {
                continue
            }
            for late in entries where late.began > ended {
                guard let second = late.place(writers) else { continue }
                if second < first {
                    return "version \(second) at \(late.began) after \(first) at \(ended)"
                }
            }
        }
        return nil
    }
}

extension History.Entry {
    /// The value that this operation is said to have found or left.
    fileprivate var seen: RegisterValue? {
        switch outcome {
        case .committed(let value), .conflict(let value): value
        case .unavailable, .unknown, nil: nil
        }
    }

    /// Whether it had taken its place when it ended.
    fileprivate var isKnown: Bool {
        switch outcome {
        case .committed, .conflict: true
        case .unavailable, .unknown, nil: false
        }
    }

    /// Twice the version for a write, one more for whoever saw it.
    fileprivate func place(_ writers: [UInt64: OperationID]) -> UInt64? {
        if let expected, writers[expected + 1] == id { return 2 * (expected + 1) }
        switch outcome {
        case .committed(let value), .conflict(let value): return 2 * (value?.version ?? 0) + 1
        case .unavailable, .unknown, nil: return nil
        }
    }
}
