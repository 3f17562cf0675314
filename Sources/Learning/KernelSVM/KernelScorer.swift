import CKernels
public import Domain
import Glibc
public import LinearAlgebra

/// The scores of a kernel machine: sums over support vectors, landmarks or random Fourier features.
///
/// Pairs of classes vote as in LIBSVM: f > 0 is a vote for the first of the pair, and the first
/// class of the most votes is called. With two classes the score that is handed out is −f, so that
/// larger ones speak for the second class as everywhere else; the model's tensors stay LIBSVM's.
/// One-vs-rest the largest score is called.
public final class KernelScorer: Scorer {
    private let columns: Int
    private let classes: Int
    private let threshold: Float
    private let kernel: KernelShape
    private let pairs: [ClassPair]
    private let supports: KernelRows
    /// The supports that take part in the same outputs, and those outputs' rows of coefficients.
    private var groups: [Group] = []
    private let rho: [Double]
    private let platt: (a: [Double], b: [Double])?
    private let frequencies: [Float]
    private let phases: [Float]
    private let blocks: KernelBlocks
    private var values: [Float] = []
    private var sums: [Float] = []

    private struct Group {
        let range: Range<Int>
        /// What each output takes of each support, (outputs.count, range.count).
        let coefficients: [Float]
        let outputs: [Int]
    }

    /// Number of scores of a row: pairs of classes, or classes, or one.
    public let outputs: Int

    /// A scorer of the words of a kernel machine, its scaling left out.
    ///
    /// Shapes: `words` as `KernelShape.tensors` says.
    public init(_ shape: ModelShape, _ kernel: KernelShape, words: ArraySlice<Float>) {
        (columns, classes) = (shape.columns, shape.classes)
        threshold = shape.threshold ?? 0
        self.kernel = kernel
        outputs = kernel.outputs(classes: classes)
        pairs = kernel.isOneVsRest ? [] : ClassPair.all(classes)
        var tensors: [String: ArraySlice<Float>] = [:]
        var rest = words
        for tensor in kernel.tensors(columns: columns, classes: classes) {
            tensors[tensor.name] = rest.prefix(tensor.count)
            rest = rest.dropFirst(tensor.count)
        }
        func floats(_ name: String) -> [Float] { Array(tensors[name] ?? []) }
        rho = floats("rho").map(Double.init)
        platt =
            kernel.hasProbabilities
            ? (floats("prob.a").map(Double.init), floats("prob.b").map(Double.init)) : nil
        (frequencies, phases) = (floats("frequencies"), floats("phases"))
        blocks = KernelBlocks(kernel.function)
        supports = KernelRows(columns: columns, isSparse: kernel.nonzeros != nil)
        if kernel.nonzeros != nil {
            supports.append(
                offsets: floats("supports.offsets").map { Int(Int32(bitPattern: $0.bitPattern)) },
                indices: floats("supports.indices").map { Int32(bitPattern: $0.bitPattern) },
                values: floats("supports.values")
            )
        } else if kernel.features == nil {
            let values = floats("supports")
            values.withRoom { base in
                for row in 0..<kernel.supports { supports.append(dense: base + row * columns) }
            }
        }
        makeGroups(floats("coefficients"))
    }

    private func makeGroups(_ coefficients: [Float]) {
        let count = kernel.features ?? kernel.supports
        guard !kernel.isOneVsRest else {
            groups = [
                Group(
                    range: 0..<count,
                    coefficients: coefficients,
                    outputs: Array(0..<outputs)
                )
            ]
            return
        }
        var low = 0
        for (own, number) in kernel.supportsOfClasses.prefix(classes).enumerated() {
            let range = low..<Swift.min(count, low + number)
            let touched = pairs.indices.filter { pairs[$0].first == own || pairs[$0].second == own }
            var part: [Float] = []
            // The row of coefficients of another class: that class, less one where it is later.
            for output in touched {
                let other = pairs[output].first == own ? pairs[output].second : pairs[output].first
                let row = other > own ? other - 1 : other
                part +=
                    coefficients[row * count + range.lowerBound..<row * count + range.upperBound]
            }
            groups.append(Group(range: range, coefficients: part, outputs: touched))
            low = range.upperBound
        }
    }

    /// f, or −f where two classes vote.
    public func writeScores(of batch: Batch, to scores: UnsafeMutablePointer<Float>) {
        for low in stride(from: 0, to: batch.rows, by: rowsAtOnce) {
            let part = batch.slice(low..<Swift.min(batch.rows, low + rowsAtOnce))
            var totals = [Double](repeating: 0, count: part.rows * outputs)
            for row in 0..<part.rows {
                for output in 0..<outputs { totals[row * outputs + output] = -rho[output] }
            }
            if kernel.features != nil {
                addFeatures(part, to: &totals)
            } else {
                addSupports(part, to: &totals)
            }
            let sign = pairs.count == 1 ? -1.0 : 1
            for place in totals.indices {
                scores[low * outputs + place] = Float(sign * totals[place])
            }
        }
    }

    private func addSupports(_ batch: Batch, to totals: inout [Double]) {
        let rows = KernelRows(columns: columns, isSparse: supports.isSparse)
        rows.append(anyForm: batch)
        if values.isEmpty {
            values = [Float](repeating: 0, count: rowsAtOnce * supportsAtOnce)
        }
        for group in groups {
            for low in stride(from: 0, to: group.range.count, by: supportsAtOnce) {
                let tile = low..<Swift.min(group.range.count, low + supportsAtOnce)
                let start = group.range.lowerBound
                values.withUnsafeMutableBufferPointer { values in
                    guard let base = values.baseAddress else { return }
                    let lefts = (0..<rows.count).map {
                        KernelBlocks.Left(rows: rows, index: $0, target: base + $0 * tile.count)
                    }
                    blocks.write(lefts, supports, start + tile.lowerBound..<start + tile.upperBound)
                }
                add(group, tile, rows: rows.count, to: &totals)
            }
        }
    }

    private func addFeatures(_ batch: Batch, to totals: inout [Double]) {
        let features = phases.count
        if values.count < batch.rows * features {
            values = [Float](repeating: 0, count: batch.rows * features)
        }
        let scale = (2 / Float(Swift.max(1, features))).squareRoot()
        values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress, features > 0 else { return }
            multiply(batch, byTransposed: frequencies, outputs: features, into: base)
            for row in 0..<batch.rows {
                ck_cosine_f32(base + row * features, phases, scale, features)
            }
        }
        for group in groups { add(group, 0..<features, rows: batch.rows, to: &totals) }
    }

    /// Adds the values of some supports, times their coefficients: products in Float, their sums in
    /// Double.
    private func add(_ group: Group, _ tile: Range<Int>, rows: Int, to totals: inout [Double]) {
        let width = group.outputs.count
        guard width > 0, !tile.isEmpty else { return }
        let count = group.range.count
        var part: [Float] = []
        for row in 0..<width {
            part +=
                group.coefficients[row * count + tile.lowerBound..<row * count + tile.upperBound]
        }
        if sums.count < rows * width { sums = [Float](repeating: 0, count: rows * width) }
        multiply(
            values,
            byTransposed: part,
            into: &sums,
            ProductSize(rows: rows, columns: width, inner: tile.count)
        )
        for row in 0..<rows {
            for (place, output) in group.outputs.enumerated() {
                totals[row * outputs + output] += Double(sums[row * width + place])
            }
        }
    }
}

extension KernelScorer {
    /// The class of the most votes, the first of equals; one-vs-rest that of the largest score.
    public func bestClass(_ scores: UnsafePointer<Float>) -> Int {
        guard !pairs.isEmpty else {
            return largest(scores, outputs: outputs, threshold: threshold)
        }
        if pairs.count == 1 { return -scores[0] > -threshold ? 0 : 1 }
        var votes = [Int](repeating: 0, count: classes)
        for (output, pair) in pairs.enumerated() {
            votes[scores[output] > 0 ? pair.first : pair.second] += 1
        }
        var best = 0
        for k in 1..<classes where votes[k] > votes[best] { best = k }
        return best
    }

    /// Platt's probabilities of pairs, coupled; empty where the model has none.
    public func probabilities(_ scores: UnsafeMutablePointer<Float>) -> [Float] {
        guard let platt, !pairs.isEmpty else { return [] }
        let ofFirst = pairs.indices.map { pair in
            let value = pairs.count == 1 ? -Double(scores[pair]) : Double(scores[pair])
            let exponent = platt.a[pair] * value + platt.b[pair]
            // Without overflow, whatever its sign.
            let tail = exp(-abs(exponent))
            return exponent >= 0 ? tail / (1 + tail) : 1 / (1 + tail)
        }
        return coupledProbabilities(ofFirst: ofFirst, classes: classes).map { Float($0) }
    }

    /// Σ max(0, 1 − y·f) over the machines that tell the row's class from others.
    public func loss(_ scores: UnsafeMutablePointer<Float>, label: Float) -> Double {
        let own = Int(label)
        var sum = 0.0
        for output in 0..<outputs {
            let margin: Float
            if pairs.isEmpty {
                margin = own == (outputs == 1 ? 1 : output) ? scores[output] : -scores[output]
            } else if pairs.count == 1 {
                margin = own == 1 ? scores[0] : -scores[0]
            } else if pairs[output].first == own || pairs[output].second == own {
                margin = pairs[output].first == own ? scores[output] : -scores[output]
            } else {
                continue
            }
            sum += Swift.max(0, 1 - Double(margin))
        }
        return sum
    }
}

extension KernelRows {
    /// Appends compressed rows; what lies outside of the matrix is left out.
    func append(offsets: [Int], indices own: [Int32], values entries: [Float]) {
        for row in 0..<Swift.max(0, offsets.count - 1) {
            let low = Swift.min(Swift.max(0, offsets[row]), entries.count)
            let high = Swift.min(Swift.max(low, offsets[row + 1]), entries.count)
            let kept = (low..<high).filter { own[$0] >= 0 && Int(own[$0]) < columns }
            kept.map { own[$0] }.withRoom { indices in
                kept.map { entries[$0] }.withRoom { values in
                    append(indices: indices, values: values, count: kept.count)
                }
            }
        }
    }

    /// Appends a batch of either form.
    func append(anyForm batch: Batch) {
        guard batch.isSparse != isSparse else { return append(batch) }
        var row = [Float](repeating: 0, count: columns + 1)
        for index in 0..<batch.rows {
            batch.slice(index..<index + 1).writeDense(to: &row)
            guard isSparse else {
                append(dense: row)
                continue
            }
            let kept = (0..<columns).filter { row[$0] != 0 }
            kept.map { Int32($0) }.withRoom { indices in
                kept.map { row[$0] }.withRoom { values in
                    append(indices: indices, values: values, count: kept.count)
                }
            }
        }
    }
}

/// Rows of a batch whose kernel values lie in memory together.
private let rowsAtOnce = 256
/// Support vectors at a time: 2 MiB of kernel values, which stay in the cache.
private let supportsAtOnce = 2048
