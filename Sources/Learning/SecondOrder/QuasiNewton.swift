import LinearAlgebra

/// The last changes of point and gradient, and the direction that follows from them.
///
/// Source: Nocedal, "Updating quasi-Newton matrices with limited storage", Math. Comp. 35, 1980,
/// the two-loop recursion.
public struct QuasiNewton: Equatable, Sendable {
    /// Pairs kept at most.
    public let memory: Int
    /// s = change of the point, the newest last.
    public private(set) var moves: [[Double]] = []
    /// y = change of the gradient.
    public private(set) var bends: [[Double]] = []

    /// A memory of no changes yet.
    public init(memory: Int = 10) { self.memory = memory }

    /// A memory as it was when it was saved.
    init(moves: [[Double]], bends: [[Double]]) {
        memory = 10
        (self.moves, self.bends) = (moves, bends)
    }

    /// Keeps a pair; one without curvature says nothing and is left out.
    public mutating func keep(move: [Double], bend: [Double]) {
        let product = dot(move, bend)
        guard product > 1e-12 * dot(bend, bend).squareRoot() * dot(move, move).squareRoot() else {
            return
        }
        moves.append(move)
        bends.append(bend)
        guard moves.count > memory else { return }
        moves.removeFirst()
        bends.removeFirst()
    }

    /// −H·g, H being the estimate of the inverse Hessian.
    ///
    /// Shapes: `gradient` g and the result (p). Without any pair it is −g.
    public func direction(_ gradient: [Double]) -> [Double] {
        var q = gradient.map { -$0 }
        var shares = [Double](repeating: 0, count: moves.count)
        for index in moves.indices.reversed() {
            shares[index] = dot(moves[index], q) / dot(moves[index], bends[index])
            axpy(-shares[index], bends[index], into: &q)
        }
        if let move = moves.last, let bend = bends.last {
            let scale = dot(move, bend) / dot(bend, bend)
            for index in q.indices { q[index] *= scale }
        }
        for index in moves.indices {
            let back = dot(bends[index], q) / dot(moves[index], bends[index])
            axpy(shares[index] - back, moves[index], into: &q)
        }
        return q
    }
}

/// The coordinates v in which L-BFGS takes its steps: W = v·f, b = c − W·m.
///
/// f and m are factors and centers of the columns; m is 0 without a free bias.
public struct SolverCoordinates: Equatable, Sendable {
    /// m, one a column.
    public let centers: [Double]
    /// f, one a column; never zero.
    public let factors: [Double]

    /// Coordinates with their numbers.
    init(centers: [Double], factors: [Double]) {
        (self.centers, self.factors) = (centers, factors)
    }

    /// Coordinates of a scaling.
    public init(_ scaling: ColumnScaling) {
        centers = scaling.centers.map { Double($0) }
        factors = scaling.factors.map { Double($0) }
    }

    /// θ of v.
    func raw(_ scaled: [Double], _ shape: SmoothProblem.Shape) -> [Double] {
        var raw = scaled
        for k in 0..<shape.outputs {
            var moved = 0.0
            for column in 0..<shape.columns {
                let index = k * shape.columns + column
                raw[index] = scaled[index] * factors[column]
                moved += raw[index] * centers[column]
            }
            if let bias = shape.bias { raw[shape.weightCount + k] -= moved / bias }
        }
        return raw
    }

    /// v of θ.
    func scaled(_ raw: [Double], _ shape: SmoothProblem.Shape) -> [Double] {
        var scaled = raw
        for k in 0..<shape.outputs {
            var moved = 0.0
            for column in 0..<shape.columns {
                let index = k * shape.columns + column
                scaled[index] = raw[index] / factors[column]
                moved += raw[index] * centers[column]
            }
            if let bias = shape.bias { scaled[shape.weightCount + k] += moved / bias }
        }
        return scaled
    }

    /// ∇ by v of ∇ by θ.
    func gradient(_ raw: [Double], _ shape: SmoothProblem.Shape) -> [Double] {
        var scaled = raw
        for k in 0..<shape.outputs {
            let residual = shape.bias.map { raw[shape.weightCount + k] / $0 } ?? 0
            for column in 0..<shape.columns {
                let index = k * shape.columns + column
                scaled[index] = factors[column] * (raw[index] - centers[column] * residual)
            }
        }
        return scaled
    }
}
