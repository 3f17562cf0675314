import CKernels

/// The variables of a pair of classes that a search looks at, on one rank, with their rows.
///
/// v_t = y_t − Σ α_s y_s K_st, in Double, is right for all of them after every block.
final class SearchWindow {
    let rows: KernelRows
    /// The rows of the first class of the pair, and of the second, within `rows`.
    let ranges: [Range<Int>]
    /// What the cache calls the rows of each class.
    let parts: [Int]
    let cache: KernelCache
    /// The variable of the whole window that each one is; empty where this is the whole.
    let origins: [Int32]
    /// C of the first class and of the second.
    let costs: [Double]
    var alpha: [Double]
    var v: [Double]
    /// Variables that may not move, though v of them is kept; empty where all may.
    var isOut: [Bool] = []
    /// Variables that the block in hand keeps from the last one.
    var isKept: [Bool]

    init(
        rows: KernelRows,
        ranges: [Range<Int>],
        parts: [Int],
        cache: KernelCache,
        costs: [Double],
        origins: [Int32] = []
    ) {
        (self.rows, self.ranges, self.parts, self.cache) = (rows, ranges, parts, cache)
        (self.costs, self.origins) = (costs, origins)
        let (first, second) = (ranges[0].count, ranges[1].count)
        alpha = [Double](repeating: 0, count: first + second)
        v = [Double](repeating: 1, count: first) + [Double](repeating: -1, count: second)
        isKept = [Bool](repeating: false, count: first + second)
    }

    var count: Int { alpha.count }
    var firsts: Int { ranges[0].count }

    /// Whether y is +1.
    func isFirst(_ variable: Int) -> Bool { variable < firsts }
    /// C of a variable.
    func cost(_ variable: Int) -> Double { variable < firsts ? costs[0] : costs[1] }

    /// The row of a variable within `rows`.
    func row(_ variable: Int) -> Int {
        variable < firsts
            ? ranges[0].lowerBound + variable : ranges[1].lowerBound + variable - firsts
    }

    /// The variable of the whole window.
    func origin(_ variable: Int) -> Int { origins.isEmpty ? variable : Int(origins[variable]) }

    /// Looks for those that violate most, `countMax` either way, those kept left out.
    ///
    /// `band` is the smallest and largest v of the last look: what lies at a bound and outside of
    /// it is sure to stay.
    func look(countMax: Int, band: (low: Double, high: Double)) -> Candidates {
        var result = Candidates()
        var ups = BestFew(countMax: countMax)
        var downs = BestFew(countMax: countMax)
        alpha.withUnsafeBufferPointer { alpha in
            v.withUnsafeBufferPointer { v in
                let hasOut = !isOut.isEmpty
                for t in 0..<v.count where !hasOut || !isOut[t] {
                    let (isFirst, value) = (t < firsts, v[t])
                    let cost = isFirst ? costs[0] : costs[1]
                    let isUp = WorkingSet.isUp(isFirst, alpha[t], cost)
                    let isDown = WorkingSet.isUp(!isFirst, alpha[t], cost)
                    if isUp, isDown || value >= band.low {
                        result.lively += 1
                    } else if isDown, value <= band.high {
                        result.lively += 1
                    }
                    if isUp { result.largest = Swift.max(result.largest, value) }
                    if isDown { result.smallest = Swift.min(result.smallest, value) }
                    if isUp, value > ups.least, !isKept[t] { ups.take(value, t) }
                    if isDown, -value > downs.least, !isKept[t] { downs.take(-value, t) }
                }
            }
        }
        (result.up, result.down) = (ups.sorted, downs.sorted)
        return result
    }

    /// Adds some rows of the kernel matrix to v, each times its factor.
    ///
    /// Shapes: `lines` (2, rows), `factors` (rows).
    func addRows(_ lines: [[Line]], _ factors: [Double]) {
        v.withUnsafeMutableBufferPointer { v in
            guard let base = v.baseAddress else { return }
            for (part, range) in ranges.enumerated() {
                let pointers = lines[part].map { UnsafePointer?.some(UnsafePointer($0)) }
                let target = base + (part == 0 ? 0 : firsts)
                ck_add_rows_f32_f64(pointers, factors, factors.count, 0, target, range.count)
            }
        }
    }

    /// The variables that are not sure to stay, in their order.
    func lively(band: (low: Double, high: Double)) -> [Int32] {
        (0..<count).filter { t in
            guard isOut.isEmpty || !isOut[t] else { return false }
            let isUp = WorkingSet.isUp(isFirst(t), alpha[t], cost(t))
            let isDown = WorkingSet.isUp(!isFirst(t), alpha[t], cost(t))
            return isUp && isDown || (isUp ? v[t] >= band.low : v[t] <= band.high)
        }.map { Int32($0) }
    }

    /// A window over some of the variables, with rows of their own.
    func narrowed(to variables: [Int32], cacheBytes: Int) -> SearchWindow {
        let firstCount = variables.prefix { Int($0) < firsts }.count
        let own = rows.gathered(variables.map { Int32(row(Int($0))) })
        let result = SearchWindow(
            rows: own,
            ranges: [0..<firstCount, firstCount..<variables.count],
            parts: [0, 1],
            cache: KernelCache(bytesMax: cacheBytes),
            costs: costs,
            origins: variables
        )
        for (t, variable) in variables.enumerated() {
            result.alpha[t] = alpha[Int(variable)]
            result.v[t] = v[Int(variable)]
        }
        return result
    }
}
