import CKernels
import COpenBLAS
import Glibc
import LinearAlgebra

/// Copying and adding, from the cache and from memory.
func memoryRates() -> [LimitRow] {
    [(64 << 10, "64 KiB, in the cache"), (64 << 20, "64 MiB, from memory")].flatMap {
        bytes,
        detail in
        let count = bytes / MemoryLayout<Float>.size
        let source = Vector(zeros: count)
        let target = Vector(zeros: count)
        let (from, to) = (source.buffer, target.buffer)
        let gigabytes = Double(bytes) * 1e-9
        return [
            LimitRow(
                limit: "copy",
                detail: detail,
                rate: rate(of: gigabytes) {
                    guard let to = to.baseAddress, let from = from.baseAddress else { return }
                    memcpy(to, from, bytes)
                },
                unit: "GB/s"
            ),
            LimitRow(
                limit: "add",
                detail: detail,
                rate: rate(of: gigabytes) {
                    ck_add_f32(to.baseAddress, from.baseAddress, count)
                },
                unit: "GB/s"
            ),
        ]
    }
}

/// Matrix products of Float32 on one thread.
func productRates() -> [LimitRow] {
    let size = 1_024
    let left = Vector([Float](repeating: 0.5, count: size * size))
    let right = Vector([Float](repeating: 0.25, count: size * size))
    let product = Vector(zeros: size * size)
    openblas_set_num_threads(1)
    let order = Int32(size)
    let gigaflops = rate(of: 2 * Double(size) * Double(size) * Double(size) * 1e-9) {
        cblas_sgemm(
            CblasRowMajor,
            CblasNoTrans,
            CblasNoTrans,
            order,
            order,
            order,
            1,
            left.buffer.baseAddress,
            order,
            right.buffer.baseAddress,
            order,
            0,
            product.buffer.baseAddress,
            order
        )
    }
    return [
        LimitRow(
            limit: "matrix product",
            detail: "Float32, \(size)³",
            rate: gigaflops,
            unit: "GFLOP/s"
        )
    ]
}
