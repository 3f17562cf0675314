public import Domain
import Glibc
public import LinearAlgebra

/// Rows that all others are compared with by a kernel.
///
/// Dense rows are taken relative to the landmarks' mean where the kernel knows distances only:
/// far from the origin, the difference of squares would cancel.
public final class Landmarks {
    /// The kernel.
    public let function: KernelFunction
    /// Number of columns.
    public let columns: Int
    /// Number of landmarks.
    public let count: Int
    /// (count, columns) row-major, as they are; empty where sparse.
    public let dense: [Float]
    /// First entry of each landmark, (count + 1); empty where dense.
    public let offsets: [Int]
    /// Columns of the entries.
    public let indices: [Int32]
    /// Values of the entries.
    public let values: [Float]
    private var centers: [Float] = []
    private var centered: [Float] = []
    /// ‖l‖², of what `centered` holds or of sparse rows.
    private var squares: [Float] = []
    private var room: [Float]

    /// Whether the rows are sparse.
    public var isSparse: Bool { !offsets.isEmpty }

    /// Dense landmarks, (count, columns) row-major.
    public init(_ function: KernelFunction, dense: [Float], columns: Int, count: Int) {
        precondition(dense.count == columns * count, "\(dense.count) values")
        (self.function, self.columns, self.count, self.dense) = (function, columns, count, dense)
        (offsets, indices, values, room) = ([], [], [], [])
        centers = [Float](repeating: 0, count: columns)
        if function.kind == .rbf, count > 0 {
            for column in 0..<columns {
                var sum = 0.0
                for row in 0..<count { sum += Double(dense[row * columns + column]) }
                centers[column] = Float(sum / Double(count))
            }
        }
        centered = dense
        for index in centered.indices { centered[index] -= centers[index % columns] }
        squares = (0..<count).map { Float(square(of: centered[$0 * columns..<($0 + 1) * columns])) }
    }

    /// Sparse landmarks by their entries, whose columns rise within each.
    public init(
        _ function: KernelFunction,
        offsets: [Int],
        indices: [Int32],
        values: [Float],
        columns: Int
    ) {
        precondition(offsets.last == indices.count && indices.count == values.count, "\(offsets)")
        (self.function, self.columns, count) = (function, columns, offsets.count - 1)
        (self.offsets, self.indices, self.values, dense) = (offsets, indices, values, [])
        room = [Float](repeating: 0, count: columns)
        squares = (0..<count).map { Float(square(of: values[offsets[$0]..<offsets[$0 + 1]])) }
    }

    /// K(x, l) of every row of `batch` with every landmark.
    ///
    /// Shapes: `target` (rows, count) row-major.
    public func write(_ batch: Batch, to target: UnsafeMutablePointer<Float>) {
        precondition(batch.columns == columns, "\(batch.columns) columns instead of \(columns)")
        precondition(batch.isSparse == isSparse, "rows of another form than the landmarks")
        switch batch.features {
        case .dense(let base):
            let isMoved = function.kind == .rbf && batch.rows * columns > 0
            if isMoved {
                room = Array(UnsafeBufferPointer(start: base, count: batch.rows * columns))
                for row in 0..<batch.rows {
                    for column in 0..<columns { room[row * columns + column] -= centers[column] }
                }
            }
            let size = ProductSize(rows: batch.rows, columns: count, inner: columns)
            room.withUnsafeBufferPointer { moved in
                let rows = isMoved ? moved.baseAddress ?? base : base
                if columns == 0 {
                    target.update(repeating: 0, count: batch.rows * count)
                } else {
                    multiply(rows, byTransposed: centered, into: target, size)
                }
                for row in 0..<batch.rows {
                    let own = UnsafeBufferPointer(start: rows + row * columns, count: columns)
                    finish(target + row * count, square: Float(square(of: own)))
                }
            }
        case .sparse(let starts, let places, let entries):
            for row in 0..<batch.rows {
                let range = Int(starts[row])..<Int(starts[row + 1])
                var own = 0.0
                for entry in range {
                    room[Int(places[entry])] = entries[entry]
                    own += Double(entries[entry]) * Double(entries[entry])
                }
                writeProducts(to: target + row * count)
                for entry in range { room[Int(places[entry])] = 0 }
                finish(target + row * count, square: Float(own))
            }
        }
    }

    /// x·l of the sparse row that lies in `room`.
    private func writeProducts(to target: UnsafeMutablePointer<Float>) {
        for landmark in 0..<count {
            var sum: Float = 0
            for entry in offsets[landmark]..<offsets[landmark + 1] {
                sum += values[entry] * room[Int(indices[entry])]
            }
            target[landmark] = sum
        }
    }

    /// Replaces products by kernel values.
    private func finish(_ line: UnsafeMutablePointer<Float>, square: Float) {
        let (gamma, coef0) = (Float(function.gamma), Float(function.coef0))
        switch function.kind {
        case .linear: return
        case .rbf:
            for index in 0..<count {
                let distance = square + squares[index] - 2 * line[index]
                line[index] = exp(-gamma * Swift.max(0, distance))
            }
        case .poly:
            let degree = Float(function.degree)
            for index in 0..<count { line[index] = pow(gamma * line[index] + coef0, degree) }
        case .sigmoid:
            for index in 0..<count { line[index] = tanh(gamma * line[index] + coef0) }
        }
    }

    /// K between the landmarks, all in Double.
    ///
    /// Shapes: (count, count), symmetric to the last bit.
    public var matrix: [Double] {
        var matrix = [Double](repeating: 0, count: count * count)
        var own = [Double](repeating: 0, count: columns)
        for row in 0..<count {
            forEachEntry(row) { own[$0] = Double($1) }
            let square = own.reduce(0) { $0 + $1 * $1 }
            for other in 0...row {
                var (product, distance) = (0.0, isSparse ? square : 0)
                forEachEntry(other) { column, value in
                    let (mine, value) = (own[column], Double(value))
                    product += mine * value
                    distance += (mine - value) * (mine - value) - (isSparse ? mine * mine : 0)
                }
                let value = function.value(product: product, distance: Swift.max(0, distance))
                matrix[row * count + other] = value
                matrix[other * count + row] = value
            }
            forEachEntry(row) { column, _ in own[column] = 0 }
        }
        return matrix
    }

    private func forEachEntry(_ landmark: Int, _ body: (Int, Float) -> Void) {
        if isSparse {
            for entry in offsets[landmark]..<offsets[landmark + 1] {
                body(Int(indices[entry]), values[entry])
            }
        } else {
            for column in 0..<columns { body(column, dense[landmark * columns + column]) }
        }
    }

    /// The landmarks as a model holds them.
    var words: [Float] {
        guard isSparse else { return dense }
        let bits = offsets.map { Float(bitPattern: UInt32($0)) }
        return bits + indices.map { Float(bitPattern: UInt32(bitPattern: $0)) } + values
    }
}

private func square(of values: some Sequence<Float>) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }
}

extension KernelFunction {
    /// K in Double, from u·v and ‖u − v‖².
    fileprivate func value(product: Double, distance: Double) -> Double {
        switch kind {
        case .linear: product
        case .rbf: exp(-gamma * distance)
        case .poly: pow(gamma * product + coef0, Double(degree))
        case .sigmoid: tanh(gamma * product + coef0)
        }
    }
}
