import CKernels
import Testing

/// One row of an interior point as the formulas have it.
private struct Row {
    var cost, sign, alpha, slack, excess, margin: Double

    var mu: Double { cost - alpha }
    var bend: Double { 1 / (excess / mu + slack / alpha) }
    var plain: Double { excess - slack - (margin + excess - slack - 1) }
    var center: Double { 1 / alpha - 1 / mu }
}

/// Numbers of [0, 1), the same in every test run.
private struct Numbers {
    private var state: UInt64 = 7

    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }
}

@Suite("Rows of an interior point")
struct InteriorRowTests {
    private let rows: [Row]

    init() {
        var numbers = Numbers()
        // More than a block and not a multiple of any width; every seventh takes no part.
        rows = (0..<301).map { index in
            let cost = index % 7 == 3 ? 0 : 0.5 + numbers.next()
            return Row(
                cost: cost,
                sign: numbers.next() < 0.4 ? 1 : -1,
                alpha: cost * (0.05 + 0.9 * numbers.next()),
                slack: 0.1 + numbers.next(),
                excess: 0.1 + numbers.next(),
                margin: 4 * numbers.next() - 2
            )
        }
    }

    private func withRows<Result>(_ body: (ck_interior_rows) -> Result) -> Result {
        let all =
            rows.map(\.cost) + rows.map(\.sign) + rows.map(\.alpha)
            + rows.map(\.slack) + rows.map(\.excess) + rows.map(\.margin)
        return all.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { preconditionFailure("no rows") }
            let count = rows.count
            return body(
                ck_interior_rows(
                    costs: base,
                    signs: base + count,
                    alpha: base + 2 * count,
                    slack: base + 3 * count,
                    excess: base + 4 * count,
                    margin: base + 5 * count
                )
            )
        }
    }

    private func isClose(_ one: Double, _ other: Double) -> Bool {
        // A handful of operations, and sums of 301.
        abs(one - other) <= 1e-12 * Swift.max(1, abs(one), abs(other))
    }

    private func reach(_ value: Double, _ change: Double) -> Double {
        change < 0 ? -value / change : 1
    }

    @Test("The curvature, the factors of the sums and the numbers follow the formulas")
    func gather() {
        let count = rows.count
        var bends = [Double](repeating: .nan, count: count)
        var factors = [Double](repeating: .nan, count: 4 * count)
        var numbers = [Double](repeating: 1, count: 5)
        withRows { ck_interior_gather($0, count, &bends, &factors, &numbers) }
        var expected = [Double](repeating: 1, count: 5)
        for (index, row) in rows.enumerated() {
            let isIn = row.cost > 0
            #expect(isClose(bends[index], isIn ? row.bend : 0))
            let own = [
                row.sign > 0 ? row.alpha : 0, row.sign > 0 ? 0 : -row.alpha,
                row.sign * row.bend * row.plain, row.sign * row.bend * row.center,
            ]
            for place in 0..<4 {
                #expect(isClose(factors[place * count + index], isIn ? own[place] : 0))
            }
            guard isIn else { continue }
            expected[0] += row.cost * Swift.max(0, 1 - row.margin)
            expected[row.sign > 0 ? 1 : 2] += row.alpha
            expected[3] += row.alpha * row.slack + row.mu * row.excess
            expected[4] += 2
        }
        for (one, other) in zip(numbers, expected) { #expect(isClose(one, other)) }
    }

    @Test("Predictor and corrector change the rows as the formulas say")
    func steps() {
        let count = rows.count
        let scores = rows.map { 0.3 * $0.margin - 0.1 }
        var bends = [Double](repeating: 0, count: count)
        var factors = [Double](repeating: 0, count: 4 * count)
        var numbers = [1.0, 0, 0, 0, 0]
        withRows { ck_interior_gather($0, count, &bends, &factors, &numbers) }
        numbers = [1, 0, 0]
        var second = scores
        let room = UnsafeMutablePointer<Double>.allocate(capacity: 7 * count)
        defer { room.deallocate() }
        let products = ck_interior_products(
            slack: room,
            excess: room + count,
            second: room + 2 * count
        )
        let moves = ck_interior_moves(
            alpha: room + 3 * count,
            slack: room + 4 * count,
            excess: room + 5 * count,
            margin: room + 6 * count
        )
        let target = 0.07
        let length = withRows { rows in
            ck_interior_predict(rows, count, bends, &second, products, &numbers)
            return ck_interior_correct(rows, count, bends, scores, products, target, moves)
        }
        let moved = Array(UnsafeBufferPointer(start: room + 3 * count, count: 4 * count))
        check(scores, second, numbers, moved, target: target, length: length)
    }

    private func check(
        _ scores: [Double],
        _ second: [Double],
        _ numbers: [Double],
        _ moved: [Double],
        target: Double,
        length: Double
    ) {
        let count = rows.count
        var (shortest, linear, quadratic, end) = (1.0, 0.0, 0.0, 1.0)
        for (index, row) in rows.enumerated() {
            let places = [index, index + count, index + 2 * count, index + 3 * count]
            guard row.cost > 0 else {
                #expect(second[index] == 0 && places.allSatisfy { moved[$0] == 0 })
                continue
            }
            let (z, y, mu) = (scores[index], row.sign, row.mu)
            let da = row.bend * (row.plain - y * z)
            let ds = -row.slack - row.slack * da / row.alpha
            let de = -row.excess + row.excess * da / mu
            let reaches = [
                reach(row.slack, ds), reach(row.excess, de), reach(row.alpha, da), reach(mu, -da),
            ]
            shortest = Swift.min(shortest, reaches.min() ?? 1)
            linear += row.alpha * ds + row.slack * da + mu * de - row.excess * da
            quadratic += da * ds - da * de
            let order = da * de / -mu - da * ds / row.alpha
            #expect(isClose(second[index], y * row.bend * order))
            let change = row.bend * (row.plain + target * row.center + order - y * z)
            let slack = (target - da * ds - row.slack * change) / row.alpha - row.slack
            let excess = (target + da * de + row.excess * change) / mu - row.excess
            for (place, value) in zip(places, [change, slack, excess, y * z]) {
                #expect(isClose(moved[place], value))
            }
            end =
                [
                    end, reach(row.slack, slack), reach(row.excess, excess),
                    reach(row.alpha, change),
                    reach(mu, -change),
                ].min() ?? 1
        }
        #expect(isClose(numbers[0], shortest) && isClose(length, end))
        #expect(isClose(numbers[1], linear) && isClose(numbers[2], quadratic))
    }
}
