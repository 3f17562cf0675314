extension CascadeKernelSolver {
    /// Looks at all rows of all ranks under the shared α; ends, or makes the next shared sets.
    func lookAround() throws(LearningError) {
        let band = (low: -Double.infinity, high: Double.infinity)
        let found = searches.indices.map { number in
            searches[number].whole.look(countMax: addedMax(number), band: band)
        }
        let largest = try meeting.max(found.map(\.largest))
        let smallest = try meeting.max(found.map { -$0.smallest }).map { -$0 }
        let duals = try meeting.sum(searches.map(\.ownDual))
        var dropped: [Bool] = []
        let before = sets.reduce(0) { $0 + $1.dual }
        for number in pairs.indices {
            sets[number].gap = largest[number] - smallest[number]
            sets[number].isDone = sets[number].gap <= plan.tolerance
            dropped.append(duals[number] < sets[number].dual)
            sets[number].dual = duals[number]
            searches[number].ends = (largest[number], smallest[number])
        }
        // Where the numbers tell no more apart, a round moves nothing, or nothing that counts.
        let after = sets.reduce(0) { $0 + $1.dual }
        let worst = sets.map(\.gap).max() ?? 0
        let hasGained =
            !before.isFinite || before - after > PairSearch.lastDigits * abs(after)
            || worst < PairSearch.lesser * leastGap
        leastGap = Swift.min(leastGap, worst)
        idleRounds = isIdle || !hasGained ? idleRounds + 1 : 0
        guard sets.contains(where: { !$0.isDone }), idleRounds < idleRoundsMax else {
            phase = .done
            return
        }
        rounds += 1
        isIdle = true
        try share(violators: found, dropping: dropped)
        queue = dealt(to: meeting.rank)
        (inHand, solved) = (nil, [])
        phase = .shared
    }

    /// The pairs of this round whose shared set a rank solves.
    private func dealt(to rank: Int) -> [Int] {
        let open = pairs.indices.filter { !sets[$0].isDone }
        return open.enumerated().filter { $0.offset % meeting.worldSize == rank }.map(\.element)
    }

    /// Rows that a rank adds to a shared set at most, either way.
    private func addedMax(_ number: Int) -> Int {
        let most = Swift.max(addedLeast, sets[number].members.count / 4)
        return Swift.max(1, most / meeting.worldSize)
    }

    /// Makes the next shared sets: members with their v, and the worst violators.
    private func share(violators: [Candidates], dropping: [Bool]) throws(LearningError) {
        let told = searches.indices.map { number -> [Int] in
            guard !sets[number].isDone else { return [] }
            let window = searches[number].whole
            let (high, low) = searches[number].ends
            var own = Set<Int>()
            for member in sets[number].members where member.owner == meeting.rank {
                let isUsed = window.alpha[member.variable] > 0
                if isUsed || !dropping[number] { own.insert(member.variable) }
            }
            // Only what violates with somebody.
            own.formUnion(violators[number].up.filter { window.v[$0] > low })
            own.formUnion(violators[number].down.filter { window.v[$0] < high })
            return own.sorted()
        }
        let heard = try share(told)
        for number in pairs.indices where !sets[number].isDone {
            sets[number].members = heard[number].sorted { $0.order < $1.order }
        }
    }

    /// Tells the others some own variables of each pair with their rows, and hears of theirs.
    func share(_ variables: [[Int]]) throws(LearningError) -> [[WorkingRow]] {
        var writer = PieceWriter()
        var names: [Int] = []
        for (number, search) in searches.enumerated() {
            let rows = variables[number].map { search.current($0) }
            writer.write(rows.flatMap(\.numbers))
            names += rows.map(\.name)
        }
        if let first = searches.first { first.tell(names, to: &writer) }
        var heard = [[WorkingRow]](repeating: [], count: pairs.count)
        for var reader in try meeting.gather(writer.bytes) {
            var expected: Set<Int> = []
            for number in pairs.indices {
                let told = try reader.rows(
                    worldSize: meeting.worldSize,
                    costs: searches[number].whole.costs
                )
                guard reader.rank != meeting.rank || told.allSatisfy(searches[number].isOwn) else {
                    throw reader.nonsense("rows of pair \(number) that it does not have")
                }
                heard[number] += told
                expected.formUnion(told.map(\.name))
            }
            guard reader.rank != meeting.rank else { continue }
            try searches.first?.hear(from: &reader, expected: expected)
        }
        return heard
    }

    /// Solves some blocks of the shared sets that are this rank's, and takes over what all found.
    func advanceShared() throws(LearningError) {
        if let saved = handSaved {
            handSaved = nil
            if let number = queue.first, !saved.numbers.isEmpty {
                let search = try makeShared(number)
                guard search.restore(saved) else {
                    throw .reducer(ReducerError("the checkpoint's shared set makes no sense"))
                }
                inHand = search
            }
        }
        var blocks = 0
        var own: [(pair: Int, alpha: [Double])] = []
        let most = blocksAtOnce
        while blocks < most, let number = queue.first {
            if inHand == nil { inHand = try makeShared(number) }
            guard let search = inHand else { break }
            let before = search.blocksDone
            let verdict = try search.advance()
            blocks += Swift.max(1, search.blocksDone - before)
            guard verdict != .moved else { continue }
            if search.narrow != nil { try search.widen() }
            queue.removeFirst()
            own.append((number, search.whole.alpha))
            inHand = nil
        }
        var writer = PieceWriter()
        writer.write([Double(queue.count), Double(blocks)] + own.map { Double($0.pair) })
        for one in own { writer.write(one.alpha) }
        var isDoneByAll = true
        for var reader in try meeting.gather(writer.bytes) {
            let part = try reader.finite()
            guard part.count >= 2 else { throw reader.nonsense("\(part.count) numbers of a round") }
            isDoneByAll = isDoneByAll && part[0] == 0
            blocksDone += try reader.whole(part[1], most: blocksBetweenMeetings)
            let dealt = dealt(to: reader.rank)
            for number in part.dropFirst(2) {
                let pair = try reader.whole(number)
                guard dealt.contains(pair), solved.insert(pair).inserted else {
                    throw reader.nonsense("the solution of pair \(pair), which is another's")
                }
                try take(pair, from: &reader)
            }
            try reader.finish()
        }
        if isDoneByAll { phase = .look }
    }

    /// The search of a shared set, from where it stands.
    func makeShared(_ number: Int) throws(LearningError) -> PairSearch {
        let members = sets[number].members
        let own = KernelRows(columns: data.rows.columns, isSparse: data.rows.isSparse)
        for member in members {
            let (rows, index) = try searches[number].place(of: member.name)
            own.append(index, of: rows)
        }
        let firsts = members.count { $0.isFirst }
        let window = SearchWindow(
            rows: own,
            ranges: [0..<firsts, firsts..<members.count],
            parts: [0, 1],
            cache: KernelCache(bytesMax: plan.cacheBytes / 2),
            costs: searches[number].whole.costs
        )
        window.alpha = members.map(\.alpha)
        window.v = members.map(\.v)
        var options = plan.options(rowsMax: members.count)
        options.cacheBytes = plan.cacheBytes / 2
        options.tolerance = sharedShare * plan.tolerance
        let search = PairSearch(
            window,
            options,
            blocks: searches[number].blocks,
            meeting: KernelMeeting(LoneReducer(), tick: meeting.tick),
            known: KnownRows(columns: own.columns, isSparse: own.isSparse)
        )
        search.scale = window.alpha.reduce(0, +)
        return search
    }

    /// Takes over α of a shared set that some rank solved.
    private func take(_ number: Int, from reader: inout PieceReader) throws(LearningError) {
        let search = searches[number]
        let alpha = try reader.multipliers(
            sets[number].members.map { search.whole.costs[$0.isFirst ? 0 : 1] }
        )
        search.pending = [:]
        for (place, member) in sets[number].members.enumerated() {
            let move = alpha[place] - member.alpha
            sets[number].members[place].alpha = alpha[place]
            guard move != 0 else { continue }
            search.pending[member.name] = member.isFirst ? move : -move
            if member.owner == meeting.rank { search.whole.alpha[member.variable] = alpha[place] }
        }
        if !search.pending.isEmpty { isIdle = false }
        try search.makeUpForPending()
    }
}

/// Rounds in a row without a gain after which nothing more is to be won in 64-bit numbers.
private let idleRoundsMax = 3
/// The least number of rows by which all ranks together let a shared set grow, either way.
private let addedLeast = 256
/// To which share of the tolerance a shared set is solved, so that the rows outside have some too.
private let sharedShare = 0.5
