import Domain

extension PairSearch {
    /// Tells the others of this rank's window and hears of theirs: the one exchange of a block.
    func exchange(_ found: Candidates, wanted: Int) throws(LearningError) -> [BlockNews] {
        var own = BlockNews()
        (own.largest, own.smallest) = (found.largest, found.smallest)
        (own.lively, own.count) = (found.lively, window.count)
        own.lists[0] = kept.filter { $0.owner == meeting.rank }.map { current($0.variable) }
        own.lists[1] = found.up.map(current)
        own.lists[2] = found.down.map(current)
        guard !isAlone else {
            meeting.wishAlone()
            return [own]
        }
        var writer = PieceWriter()
        own.write(to: &writer)
        tell(own.names, to: &writer)
        var news: [BlockNews] = []
        for var reader in try meeting.gather(writer.bytes) {
            let told = try BlockNews(
                from: &reader,
                worldSize: meeting.worldSize,
                costs: whole.costs
            )
            let keptThere = kept.filter { $0.owner == reader.rank }.map(\.name)
            let isOurs = reader.rank == meeting.rank
            guard told.lists[0].map(\.name) == keptThere,
                told.lists[1...].allSatisfy({ $0.count <= wanted }),
                !isOurs || told.lists.joined().allSatisfy(isOwn)
            else { throw reader.nonsense("other rows than the block keeps, or too many") }
            if !isOurs { try hear(from: &reader, expected: Set(told.names)) }
            news.append(told)
        }
        return news
    }

    /// Whether a row of this rank is the one that its variable of the window in hand has.
    func isOwn(_ row: WorkingRow) -> Bool {
        row.variable < window.count && row.isFirst == window.isFirst(row.variable)
            && row.row == whole.row(window.origin(row.variable))
    }

    /// Writes those of the named own rows that the others have not been told.
    func tell(_ names: [Int], to writer: inout PieceWriter) {
        let fresh = names.map { $0 & rowMask }.filter { known.told.insert($0).inserted }
        writer.write(fresh.map { meeting.rank << 40 | $0 })
        writer.write(whole.rows.gathered(fresh.map { Int32($0) }))
    }

    /// Takes the rows that another rank tells, and nothing behind them.
    func hear(from reader: inout PieceReader, expected: Set<Int>) throws(LearningError) {
        try known.take(from: &reader, expected: expected)
        try reader.finish()
    }

    /// A variable of this rank's window as it is now.
    func current(_ variable: Int) -> WorkingRow {
        var row = WorkingRow(
            owner: meeting.rank,
            variable: variable,
            row: whole.row(window.origin(variable)),
            isFirst: window.isFirst(variable)
        )
        (row.alpha, row.v) = (window.alpha[variable], window.v[variable])
        return row
    }

    /// Where the features of a row lie here.
    func place(of name: Int) throws(LearningError) -> (rows: KernelRows, index: Int) {
        if name >> 40 == meeting.rank { return (whole.rows, name & rowMask) }
        guard let index = known[name] else {
            throw .reducer(ReducerError("rank \(name >> 40) never sent row \(name & rowMask)"))
        }
        return (known.rows, index)
    }

    /// The rows of the kernel matrix of these variables, within a window: as kept, or made.
    ///
    /// Shapes: the result (2, working.count), each line as long as its class.
    func kernelRows(
        of working: [WorkingRow],
        in window: SearchWindow
    ) throws(LearningError) -> [[Line]] {
        var lines: [[Line]] = [[], []]
        for (part, range) in window.ranges.enumerated() {
            var missing: [KernelBlocks.Left] = []
            for row in working {
                let key = KernelCache.Key(row: row.name, part: window.parts[part])
                if let line = window.cache.values(key) {
                    lines[part].append(line)
                    continue
                }
                let line = window.cache.insert(key, count: range.count)
                lines[part].append(line)
                if window !== whole, let full = wholeLine(row.name, part) {
                    pick(full, into: line, window, part)
                } else {
                    let (rows, index) = try place(of: row.name)
                    missing.append(KernelBlocks.Left(rows: rows, index: index, target: line))
                }
            }
            blocks.write(missing, window.rows, range)
            for (row, line) in zip(working, lines[part]) {
                guard let own = ownPlace(row, part, in: window) else { continue }
                // Exact, where the difference of norms and products would leave their rounding:
                // the dual counts it with α².
                let norm = whole.rows.norms[row.row]
                line[own] = blocks.function.value(Double(norm), norm, norm)
            }
        }
        return lines
    }

    /// Where a row meets itself among the values of its line; nil where it does not.
    private func ownPlace(_ row: WorkingRow, _ part: Int, in window: SearchWindow) -> Int? {
        guard row.owner == meeting.rank else { return nil }
        if window === whole {
            let range = whole.ranges[part]
            return range.contains(row.row) ? row.row - range.lowerBound : nil
        }
        guard row.isFirst == (part == 0) else { return nil }
        return row.variable - (part == 0 ? 0 : window.firsts)
    }

    /// A row's values with all rows of a class, where they are still kept.
    private func wholeLine(_ name: Int, _ part: Int) -> Line? {
        whole.cache.peek(KernelCache.Key(row: name, part: whole.parts[part]))
    }

    private func pick(_ full: Line, into line: Line, _ window: SearchWindow, _ part: Int) {
        let first = part == 0 ? 0 : window.firsts
        let start = part == 0 ? 0 : whole.firsts
        for place in 0..<window.ranges[part].count {
            line[place] = full[Int(window.origins[first + place]) - start]
        }
    }

    /// K of each with each, from the rows that were made.
    func matrix(_ working: [WorkingRow], _ lines: [[Line]]) -> [Float] {
        let count = working.count
        let firsts = window.firsts
        var matrix = [Float](repeating: 0, count: count * count)
        for (column, other) in working.enumerated() {
            let part = other.isFirst ? 0 : 1
            let place = other.isFirst ? other.variable : other.variable - firsts
            for row in 0..<count { matrix[row * count + column] = lines[part][row][place] }
        }
        return matrix
    }

    /// K of each with each, the same bits on every processor.
    func matrix(_ working: [WorkingRow]) throws(LearningError) -> [Float] {
        let count = working.count
        var places: [(rows: KernelRows, index: Int)] = []
        for row in working { places.append(try place(of: row.name)) }
        var matrix = [Float](repeating: 0, count: count * count)
        for a in 0..<count {
            let (rows, index) = places[a]
            for b in 0...a {
                let (others, other) = places[b]
                let isOwn = a == b
                let value = blocks.function.value(
                    isOwn ? Double(rows.norms[index]) : rows.product(index, with: others, other),
                    rows.norms[index],
                    others.norms[other]
                )
                matrix[a * count + b] = value
                matrix[b * count + a] = value
            }
        }
        return matrix
    }
}

/// The number of a row within its name.
private let rowMask = 1 << 40 - 1
