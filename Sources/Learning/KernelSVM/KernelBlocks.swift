import CKernels
import Domain
import LinearAlgebra

/// Makes rows of the kernel matrix, many at a time: one matrix product where rows are dense; where
/// they are sparse, sixteen rows are scattered and the others gather from them.
///
/// A value's bits do not depend on which rows were made together: panels are filled up to sixteen
/// rows, and the others stand where they always stand. Bytes of room: a panel of `panelRows` rows
/// and its products with `stripRows` others; 64 a column where sparse.
final class KernelBlocks {
    /// A row to make values of.
    struct Left {
        let rows: KernelRows
        let index: Int
        let target: UnsafeMutablePointer<Float>
    }

    let function: KernelFunction
    private var panel: [Float] = []
    private var products: [Float] = []
    /// Kernel values made so far.
    private(set) var values = 0

    init(_ function: KernelFunction) { self.function = function }

    /// Writes K(left, right) for the rows of `range` to the target of every left one.
    ///
    /// Shapes: each target (range.count).
    func write(_ lefts: [Left], _ rows: KernelRows, _ range: Range<Int>) {
        guard !range.isEmpty, !lefts.isEmpty else { return }
        values += lefts.count * range.count
        let step = rows.isSparse ? sparseRows : panelRows
        for low in stride(from: 0, to: lefts.count, by: step) {
            let part = lefts[low..<Swift.min(lefts.count, low + step)]
            if rows.isSparse {
                writeSparse(part, rows, range)
            } else {
                writeDense(part, rows, range)
            }
        }
    }

    private func writeDense(_ lefts: ArraySlice<Left>, _ rows: KernelRows, _ range: Range<Int>) {
        let columns = rows.columns
        let height = (lefts.count + sparseRows - 1) / sparseRows * sparseRows
        if panel.count < height * columns {
            panel = [Float](repeating: 0, count: height * columns)
        }
        let width = Swift.min(range.count, stripRows)
        if products.count < height * width {
            products = [Float](repeating: 0, count: height * width)
        }
        panel.withUnsafeMutableBufferPointer { panel in
            guard let base = panel.baseAddress else { return }
            for (place, left) in lefts.enumerated() {
                left.rows.withRow(left.index) { _, values, count in
                    (base + place * columns).update(from: values, count: count)
                }
            }
        }
        forEachStrip(range) { strip in
            let size = ProductSize(rows: height, columns: strip.count, inner: columns)
            rows.values.withRoom { values in
                products.withUnsafeMutableBufferPointer { products in
                    guard let target = products.baseAddress else { return }
                    guard columns > 0 else {
                        return target.update(repeating: 0, count: height * strip.count)
                    }
                    let right = values + strip.lowerBound * columns
                    multiply(panel, byTransposed: right, into: target, size)
                }
            }
            take(lefts, rows, strip, from: range.lowerBound, stride: strip.count)
        }
    }

    private func writeSparse(_ lefts: ArraySlice<Left>, _ rows: KernelRows, _ range: Range<Int>) {
        if panel.isEmpty { panel = [Float](repeating: 0, count: sparseRows * rows.columns + 1) }
        if products.isEmpty { products = [Float](repeating: 0, count: sparseRows * stripRows) }
        scatter(lefts, isClearing: false)
        forEachStrip(range) { strip in
            rows.offsets.withRoom { offsets in
                rows.indices.withRoom { indices in
                    rows.values.withRoom { values in
                        ck_sparse_products_f32(
                            offsets + strip.lowerBound,
                            indices,
                            values,
                            strip.count,
                            panel,
                            &products,
                            stripRows
                        )
                    }
                }
            }
            take(lefts, rows, strip, from: range.lowerBound, stride: stripRows)
        }
        scatter(lefts, isClearing: true)
    }

    private func scatter(_ lefts: ArraySlice<Left>, isClearing: Bool) {
        panel.withUnsafeMutableBufferPointer { panel in
            for (place, left) in lefts.enumerated() {
                left.rows.withRow(left.index) { indices, values, count in
                    for entry in 0..<count {
                        panel[sparseRows * Int(indices[entry]) + place] =
                            isClearing ? 0 : values[entry]
                    }
                }
            }
        }
    }

    private func forEachStrip(_ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        for low in stride(from: range.lowerBound, to: range.upperBound, by: stripRows) {
            body(low..<Swift.min(range.upperBound, low + stripRows))
        }
    }

    /// Makes kernel values of the products of one strip.
    private func take(
        _ lefts: ArraySlice<Left>,
        _ rows: KernelRows,
        _ strip: Range<Int>,
        from start: Int,
        stride: Int
    ) {
        rows.norms.withRoom { norms in
            products.withRoom { products in
                for (place, left) in lefts.enumerated() {
                    function.write(
                        products + place * stride,
                        norm: left.rows.norms[left.index],
                        norms: norms + strip.lowerBound,
                        to: left.target + (strip.lowerBound - start),
                        count: strip.count
                    )
                }
            }
        }
    }
}

/// Rows that are scattered together: as many floats as the widest registers of two kinds hold.
private let sparseRows = 16
/// Rows of a dense panel: enough that the product's packing of the others costs little.
private let panelRows = 128
/// Others at a time: their products with a panel stay in the second cache.
private let stripRows = 2048
