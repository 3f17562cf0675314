import CKernels

/// What one machine of an interior point holds of this rank's rows: columns of equal length.
final class MachineRows {
    /// Number of rows.
    let count: Int
    private let room: UnsafeMutablePointer<Double>

    /// Places of the columns.
    private enum Column: Int, CaseIterable {
        case costs, signs, alpha, slack, excess, margin
        case bends
        case productSlack, productExcess, second
        case alphaMove, slackMove, excessMove, marginMove
    }

    /// The rows before the first step: α in the middle of its range, s and ξ well above 0.
    init(costs: [Double], signs: [Double]) {
        precondition(costs.count == signs.count, "\(costs.count) costs, \(signs.count) signs")
        count = costs.count
        room = .allocate(capacity: Column.allCases.count * Swift.max(1, count))
        room.initialize(repeating: 0, count: Column.allCases.count * count)
        for row in 0..<count {
            self[.costs][row] = costs[row]
            self[.signs][row] = signs[row]
            self[.alpha][row] = costs[row] / 2
            self[.slack][row] = 1
            self[.excess][row] = 2
        }
    }

    deinit { room.deallocate() }

    private subscript(_ column: Column) -> UnsafeMutablePointer<Double> {
        room + column.rawValue * count
    }

    /// D of the rows, 1 / (ξ/μ + s/α), as `gather` last left it.
    var bends: UnsafePointer<Double> { UnsafePointer(self[.bends]) }

    /// α, s, ξ and m of the rows, one after the other: all that a next step depends on.
    var point: [Double] {
        get { Array(UnsafeBufferPointer(start: self[.alpha], count: 4 * count)) }
        set {
            precondition(newValue.count == 4 * count, "\(newValue.count) numbers")
            self[.alpha].update(from: newValue, count: 4 * count)
        }
    }

    /// Writes D of the rows from `start` on, and the `factors` (4, rows) of the sums over them;
    /// adds to `numbers`.
    func gather(
        _ start: Int,
        _ rows: Int,
        factors: UnsafeMutablePointer<Double>,
        numbers: inout [Double]
    ) {
        ck_interior_gather(place(start), rows, self[.bends] + start, factors, &numbers)
    }

    /// Replaces the direction's `scores` by the factors of what is of second order; adds to
    /// `numbers`.
    func predict(
        _ start: Int,
        _ rows: Int,
        scores: UnsafeMutablePointer<Double>,
        numbers: inout [Double]
    ) {
        let (bends, products) = (bends + start, products(start))
        ck_interior_predict(place(start), rows, bends, scores, products, &numbers)
    }

    /// Writes the step along a direction with these `scores`; returns how far it may go.
    func correct(
        _ start: Int,
        _ rows: Int,
        scores: UnsafePointer<Double>,
        target: Double
    ) -> Double {
        let moves = ck_interior_moves(
            alpha: self[.alphaMove] + start,
            slack: self[.slackMove] + start,
            excess: self[.excessMove] + start,
            margin: self[.marginMove] + start
        )
        let (bends, products) = (bends + start, products(start))
        return ck_interior_correct(place(start), rows, bends, scores, products, target, moves)
    }

    /// Takes a share of the step.
    func move(by length: Double) {
        // The four columns of the point lie side by side, and so do those of the step.
        ck_axpy_f64(length, self[.alphaMove], self[.alpha], 4 * count)
    }

    private func place(_ start: Int) -> ck_interior_rows {
        ck_interior_rows(
            costs: self[.costs] + start,
            signs: self[.signs] + start,
            alpha: self[.alpha] + start,
            slack: self[.slack] + start,
            excess: self[.excess] + start,
            margin: self[.margin] + start
        )
    }

    private func products(_ start: Int) -> ck_interior_products {
        ck_interior_products(
            slack: self[.productSlack] + start,
            excess: self[.productExcess] + start,
            second: self[.second] + start
        )
    }
}
