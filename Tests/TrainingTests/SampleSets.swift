import Domain
import Learning
import RowSamples
import Testing

/// Normal numbers, the same in every test run.
struct NormalNumbers {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// The sum of twelve uniform numbers, less six.
    mutating func next() -> Float {
        var sum = 0.0
        for _ in 0..<12 { sum += Double(generator.next() >> 11) * 0x1p-53 }
        return Float(sum - 6)
    }
}

/// Rows around one center for each class; column j is multiplied by `unit(j)`.
func clouds(
    classes: Int,
    rows: Int,
    columns: Int,
    distance: Float,
    isSparse: Bool = false,
    unit: (Int) -> Float = { _ in 1 }
) -> SampleRows {
    var numbers = NormalNumbers(seed: 42)
    let centers = (0..<classes).map { _ in (0..<columns).map { _ in distance * numbers.next() } }
    var values: [[Float]] = []
    var labels: [Int32] = []
    for row in 0..<rows {
        let label = row % classes
        values.append(
            centers[label].indices.map { (centers[label][$0] + numbers.next()) * unit($0) }
        )
        labels.append(Int32(label))
    }
    return SampleRows(values, isSparse: isSparse, classes: labels)
}

/// A plane with noise: y = 1000 + Σ (j + 1)·xⱼ + noise.
func plane(rows: Int, columns: Int, noise: Float) -> SampleRows {
    var numbers = NormalNumbers(seed: 43)
    var values: [[Float]] = []
    var labels: [Float] = []
    for _ in 0..<rows {
        let row = (0..<columns).map { _ in numbers.next() }
        var label = 1000 + noise * numbers.next()
        for column in 0..<columns { label += Float(column + 1) * row[column] }
        values.append(row)
        labels.append(label)
    }
    return SampleRows(values, reals: labels)
}

/// The scores of a model, (rows, outputs).
func scores(
    _ shape: ModelShape,
    _ record: RankRecord,
    on rows: SampleRows
) throws -> [Float] {
    let scorer = makeScorer(shape, words: record.parameters)
    var scores = [Float](repeating: 0, count: rows.rows * scorer.outputs)
    try rows.withRows(0..<rows.rows) { batch in
        scores.withUnsafeMutableBufferPointer { room in
            if let base = room.baseAddress { scorer.writeScores(of: batch, to: base) }
        }
    }
    return scores
}

/// The rows, scaled in Double by the naive formulas.
func scaled(_ rows: SampleRows, _ scale: FeatureScale) -> SampleRows {
    let columns = (0..<rows.columns).map { column in
        let values = rows.values.map { Double($0[column]) }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        let (center, length) =
            switch scale {
            case .none: (0.0, 1.0)
            case .standard: (mean, square.squareRoot())
            case .minmax: (low, high - low)
            case .maxabs: (0.0, max(abs(low), abs(high)))
            }
        return values.map { Float(($0 - center) / length) }
    }
    let values = rows.values.indices.map { row in columns.map { $0[row] } }
    guard let reals = rows.reals else { return SampleRows(values, classes: rows.classes ?? []) }
    return SampleRows(values, reals: reals)
}
