import CKernels
import Domain
import LinearAlgebra

/// The memory of a way through a network and back: one owner, for so many rows.
///
/// What is not used is never touched, and pages that are never touched cost nothing.
final class NetworkRoom {
    /// Rows that it has room for.
    let rows: Int
    /// What comes out of each layer: (rows, outputs).
    let values: [UnsafeMutablePointer<Float>]
    /// What GELU got, of each layer that has it.
    let sums: [UnsafeMutablePointer<Float>?]
    /// Which pixel of its window each value of a pooling is.
    let places: [UnsafeMutablePointer<UInt32>?]
    /// Two vectors of δ that take turns.
    let deltas: [UnsafeMutablePointer<Float>]
    /// Windows of the pixels of one block of images.
    let patches: UnsafeMutablePointer<Float>
    private var densified: UnsafeMutablePointer<Float>?
    private let columns: Int

    init(_ shape: NetworkShape, rows: Int) {
        self.rows = rows
        columns = shape.columns
        let last = shape.stages.count - 1
        values = shape.stages.map { .allocate(capacity: Swift.max(1, rows * $0.output.count)) }
        sums = shape.stages.enumerated().map { index, stage in
            guard shape.activation == .gelu, index < last, !stage.weights.isEmpty else {
                return nil
            }
            return .allocate(capacity: Swift.max(1, rows * stage.output.count))
        }
        places = shape.stages.map { stage in
            guard case .pool = stage.layer else { return nil }
            return .allocate(capacity: Swift.max(1, rows * stage.output.count))
        }
        let widest = shape.stages.dropFirst().map(\.input.count).max() ?? 1
        deltas = (0..<2).map { _ in .allocate(capacity: Swift.max(1, rows * widest)) }
        let windows = shape.stages.map { stage in
            NetworkRoom.imagesPerBlock(stage) * NetworkRoom.windowCount(stage)
        }
        patches = .allocate(capacity: Swift.max(1, windows.max() ?? 1))
    }

    deinit {
        for memory in values + deltas + [patches] { memory.deallocate() }
        for memory in sums { memory?.deallocate() }
        for memory in places { memory?.deallocate() }
        densified?.deallocate()
    }

    /// The images of a convolution in blocks whose windows take about a megabyte.
    func blocks(of stage: NetworkShape.Stage, rows: Int) -> [Range<Int>] {
        let count = NetworkRoom.imagesPerBlock(stage)
        return stride(from: 0, to: rows, by: count).map { $0..<Swift.min(rows, $0 + count) }
    }

    /// The values of sparse rows, with their zeros.
    func dense(_ batch: Batch) -> UnsafePointer<Float> {
        let room = densified ?? .allocate(capacity: Swift.max(1, rows * columns))
        densified = room
        batch.writeDense(to: room)
        return UnsafePointer(room)
    }

    /// Numbers in the windows of one image.
    private static func windowCount(_ stage: NetworkShape.Stage) -> Int {
        guard case .convolution(_, let kernel) = stage.layer else { return 0 }
        return stage.input.count * kernel * kernel
    }

    private static func imagesPerBlock(_ stage: NetworkShape.Stage) -> Int {
        Swift.max(1, blockElements / Swift.max(1, windowCount(stage)))
    }
}

/// A megabyte: smaller blocks stay in the second-level cache, but pack the weights more often than
/// that is worth.
private let blockElements = 1 << 18

extension NetworkShape.Stage {
    /// Width of a convolution's kernel; 1 for other layers.
    var kernel: Int { if case .convolution(_, let kernel) = layer { kernel } else { 1 } }
}

extension NetworkShape.Extent {
    /// The same for the kernels.
    var image: ck_image { ck_image(height: height, width: width, channels: channels) }
}
