/// The few variables of a block and their own part of the dual, which is solved by itself.
///
/// With y = ±1 and v_t = y_t − Σ α_s y_s K_st, the dual ½ αᵀQα − Σα falls by moving δ ≥ 0 from one
/// to another, α_i y_i += δ, α_j y_j −= δ, as long as v_i > v_j, i may go up and j down. The first
/// of the pair is the most violating one, the second the one by which the dual falls most.
///
/// Source: Fan, Chen & Lin, "Working set selection using second order information for training
/// support vector machines", JMLR 6, 2005.
struct WorkingSet {
    /// Whether y is +1.
    var isFirst: [Bool]
    var alpha: [Double]
    /// C of each.
    var cost: [Double]
    var v: [Double]
    /// K of each with each, (count, count).
    var matrix: [Float]
    /// By how much the dual fell.
    private(set) var gain = 0.0
    /// Moves that were made.
    private(set) var moves = 0

    init(isFirst: [Bool], alpha: [Double], cost: [Double], v: [Double], matrix: [Float]) {
        (self.isFirst, self.alpha, self.cost) = (isFirst, alpha, cost)
        (self.v, self.matrix) = (v, matrix)
    }

    /// Whether α·y may grow.
    @inline(__always)
    static func isUp(_ isFirst: Bool, _ alpha: Double, _ cost: Double) -> Bool {
        isFirst ? alpha < cost : alpha > 0
    }

    /// Moves until no pair violates by more than `tolerance`.
    mutating func solve(tolerance: Double, movesMax: Int) {
        let count = alpha.count
        let diagonal = (0..<count).map { Double(matrix[$0 * count + $0]) }
        var (gain, moves) = (0.0, 0)
        let isFirst = isFirst
        let cost = cost
        matrix.withUnsafeBufferPointer { matrix in
            v.withUnsafeMutableBufferPointer { v in
                alpha.withUnsafeMutableBufferPointer { alpha in
                    let view = View(
                        isFirst: isFirst,
                        cost: cost,
                        diagonal: diagonal,
                        matrix: matrix,
                        v: v,
                        alpha: alpha
                    )
                    while moves < movesMax, let step = view.step(tolerance) {
                        gain += step
                        moves += 1
                    }
                }
            }
        }
        self.gain += gain
        self.moves += moves
    }

    private struct View {
        let isFirst: [Bool]
        let cost: [Double]
        let diagonal: [Double]
        let matrix: UnsafeBufferPointer<Float>
        let v: UnsafeMutableBufferPointer<Double>
        let alpha: UnsafeMutableBufferPointer<Double>

        /// Makes the best move; nil where none is worth it.
        func step(_ tolerance: Double) -> Double? {
            let count = v.count
            var (i, largest) = (-1, -Double.infinity)
            for t in 0..<count where v[t] > largest && isUp(isFirst[t], alpha[t], cost[t]) {
                (i, largest) = (t, v[t])
            }
            guard i >= 0 else { return nil }
            var (j, best, smallest) = (-1, 0.0, Double.infinity)
            let row = i * count
            for t in 0..<count where v[t] < largest && isUp(!isFirst[t], alpha[t], cost[t]) {
                let apart = largest - v[t]
                smallest = Swift.min(smallest, v[t])
                let bend = bend(i, t, Double(matrix[row + t]))
                if apart * apart > best * bend { (j, best) = (t, apart * apart / bend) }
            }
            guard j >= 0, largest - smallest > tolerance else { return nil }
            return move(i, j)
        }

        @inline(__always)
        private func bend(_ i: Int, _ t: Int, _ value: Double) -> Double {
            let bend = diagonal[i] + diagonal[t] - 2 * value
            return bend > 0 ? bend : flatBend
        }

        private func move(_ i: Int, _ j: Int) -> Double? {
            let count = v.count
            let (first, second) = (i * count, j * count)
            let bend = bend(i, j, Double(matrix[first + j]))
            let apart = v[i] - v[j]
            let room = isFirst[i] ? cost[i] - alpha[i] : alpha[i]
            let otherRoom = isFirst[j] ? alpha[j] : cost[j] - alpha[j]
            let length = Swift.min(apart / bend, Swift.min(room, otherRoom))
            guard length > 0 else { return nil }
            set(i, by: length, isFull: length >= room, isUp: isFirst[i])
            set(j, by: length, isFull: length >= otherRoom, isUp: !isFirst[j])
            for t in 0..<count {
                v[t] -= length * Double(matrix[first + t] - matrix[second + t])
            }
            return length * apart - 0.5 * bend * length * length
        }

        private func set(_ t: Int, by length: Double, isFull: Bool, isUp: Bool) {
            if isUp {
                alpha[t] = isFull ? cost[t] : alpha[t] + length
            } else {
                alpha[t] = isFull ? 0 : alpha[t] - length
            }
        }
    }
}

/// What takes the place of a bend that is not above 0, as in LIBSVM.
private let flatBend = 1e-12
