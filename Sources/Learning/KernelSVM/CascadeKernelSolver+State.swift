extension CascadeKernelSolver {
    /// The shared sets, v of this rank's rows, and what this rank has in hand.
    public var state: SolverState {
        var state = SolverState()
        state.numbers = [
            Double(phase.rawValue), Double(blocksDone), Double(rounds), isIdle ? 1 : 0,
            Double(idleRounds), leastGap,
        ]
        for (number, set) in sets.enumerated() {
            let ends = searches[number].ends
            state.numbers += [set.gap, set.dual, set.isDone ? 1 : 0, ends.largest, ends.smallest]
            state.vectors.append(set.members.flatMap(\.numbers))
        }
        if let local {
            state.rows = local.state.flat + local.values.flatMap { $0 }
            return state
        }
        for search in searches { state.rows += search.whole.v }
        state.rows += [Double(queue.count)] + queue.map { Double($0) }
        state.rows += (inHand?.state ?? handSaved ?? SolverState()).flat
        return state
    }

    /// Takes up a saved search.
    public func restore(_ state: SolverState) -> Bool {
        let numbers = state.numbers
        guard numbers.count == 6 + 5 * pairs.count, state.vectors.count == pairs.count,
            let raw = Int(whole: numbers[0]), let phase = Phase(rawValue: raw),
            let blocks = Int(whole: numbers[1]), let rounds = Int(whole: numbers[2]),
            let idle = Int(whole: numbers[4]), state.isComparable
        else { return false }
        (self.phase, blocksDone, self.rounds) = (phase, blocks, rounds)
        (isIdle, idleRounds) = (numbers[3] != 0, idle)
        leastGap = numbers[5]
        for number in pairs.indices {
            let part = Array(numbers[(6 + 5 * number)..<(11 + 5 * number)])
            (sets[number].gap, sets[number].dual) = (part[0], part[1])
            sets[number].isDone = part[2] != 0
            searches[number].ends = (part[3], part[4])
            guard restoreMembers(number, state.vectors[number]) else { return false }
        }
        isResumed = phase != .local && meeting.worldSize > 1
        return phase == .local ? restoreLocal(state.rows) : restoreOwn(state.rows)
    }

    private func restoreMembers(_ number: Int, _ flat: [Double]) -> Bool {
        sets[number].members = []
        let window = searches[number].whole
        for start in stride(from: 0, to: flat.count, by: 6) {
            let part = flat[start..<Swift.min(flat.count, start + 6)]
            let member = WorkingRow(part, worldSize: meeting.worldSize, costs: window.costs)
            guard let member else { return false }
            sets[number].members.append(member)
            guard member.owner == meeting.rank else { continue }
            guard searches[number].isOwn(member) else { return false }
            window.alpha[member.variable] = member.alpha
        }
        return true
    }

    private func restoreLocal(_ rows: [Double]) -> Bool {
        guard let local, let (own, rest) = SolverState.parse(rows[...]), local.restore(own) else {
            return false
        }
        var values = rest
        for number in local.alphas.indices {
            let count = data.pairCount(pairs[number])
            guard values.count >= count else { return false }
            local.values.append(Array(values.prefix(count)))
            values = values.dropFirst(count)
        }
        return values.isEmpty
    }

    private func restoreOwn(_ rows: [Double]) -> Bool {
        local = nil
        var rest = rows[...]
        for search in searches {
            let count = search.whole.count
            guard rest.count >= count else { return false }
            search.whole.v = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        guard let first = rest.first, let count = Int(exactly: first), count >= 0,
            rest.count > count
        else { return false }
        queue = rest.dropFirst().prefix(count).compactMap { Int(exactly: $0) }
        guard queue.count == count, queue.allSatisfy(pairs.indices.contains),
            let (own, end) = SolverState.parse(rest.dropFirst(1 + count))
        else { return false }
        handSaved = own
        return end.isEmpty
    }

    /// Tells the others this rank's rows of the shared sets, which a checkpoint does not hold.
    func tellAnew() throws(LearningError) {
        isResumed = false
        guard let search = searches.first else { return }
        let names = sets.flatMap(\.members).map(\.name)
        var writer = PieceWriter()
        search.tell(names.filter { $0 >> 40 == meeting.rank }, to: &writer)
        for var reader in try meeting.gather(writer.bytes) where reader.rank != meeting.rank {
            try search.hear(from: &reader, expected: Set(names))
        }
    }
}

extension SolverState {
    /// Whether no number of it is NaN.
    var isComparable: Bool {
        !([numbers, rows] + vectors).contains { $0.contains { $0.isNaN } }
    }

    /// All of it as one list.
    var flat: [Double] {
        var flat = [Double(numbers.count)] + numbers + [Double(vectors.count)]
        for vector in vectors { flat += [Double(vector.count)] + vector }
        return flat + [Double(rows.count)] + rows
    }

    /// What `flat` gave, and what comes behind it; nil where it makes no sense.
    static func parse(
        _ flat: ArraySlice<Double>
    ) -> (state: SolverState, rest: ArraySlice<Double>)? {
        var rest = flat
        func list() -> [Double]? {
            guard let first = rest.first, let count = Int(exactly: first), count >= 0,
                count < rest.count
            else { return nil }
            defer { rest = rest.dropFirst(1 + count) }
            return Array(rest.dropFirst().prefix(count))
        }
        var state = SolverState()
        guard let numbers = list(), let first = rest.first, let count = Int(exactly: first),
            count >= 0, count < rest.count
        else { return nil }
        state.numbers = numbers
        rest = rest.dropFirst()
        for _ in 0..<count {
            guard let vector = list() else { return nil }
            state.vectors.append(vector)
        }
        guard let rows = list() else { return nil }
        state.rows = rows
        return (state, rest)
    }
}
