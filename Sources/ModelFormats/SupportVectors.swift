internal import Domain

/// The support vectors of a kernel machine as every format wants them: dense or by entry.
struct SupportVectors {
    /// Number of support vectors.
    let count: Int
    private let columns: Int
    private let dense: ArraySlice<Float>?
    private let offsets: [Int]
    private let indices: [Int]
    private let values: ArraySlice<Float>

    init(_ model: ModelContents, _ kernel: KernelShape) {
        count = kernel.supports
        columns = model.shape.columns
        dense = model.tensor("supports")
        offsets = model.integers("supports.offsets") ?? []
        indices = model.integers("supports.indices") ?? []
        values = model.tensor("supports.values") ?? []
    }

    /// Calls `body` with column and value of every entry of a vector that is not 0.
    func forEachNonzero(_ row: Int, _ body: (Int, Float) -> Void) {
        if let dense {
            let start = dense.startIndex + row * columns
            for column in 0..<columns where dense[start + column] != 0 {
                body(column, dense[start + column])
            }
            return
        }
        for place in offsets[row]..<offsets[row + 1] {
            body(indices[place], values[values.startIndex + place])
        }
    }

    /// All of them, one column a vector.
    ///
    /// Shapes: the result (columns, count) row-major.
    var transposed: [Float] {
        var result = [Float](repeating: 0, count: columns * count)
        for row in 0..<count {
            forEachNonzero(row) { column, value in result[column * count + row] = value }
        }
        return result
    }

    /// Their squared norms.
    var squares: [Float] {
        (0..<count).map { row in
            var sum = 0.0
            forEachNonzero(row) { _, value in sum += Double(value) * Double(value) }
            return Float(sum)
        }
    }
}

/// The pairs of classes in the order of their outputs: (0, 1), (0, 2) … (1, 2) ….
func pairs(of classes: Int) -> [(first: Int, second: Int)] {
    (0..<classes).flatMap { first in
        ((first + 1)..<max(first + 1, classes)).map { (first, $0) }
    }
}
