import CKernels
import Domain

extension KernelFunction {
    /// Kernel values of one row with others, from their products: the same bits wherever a value
    /// stands.
    ///
    /// Shapes: `products`, `norms` and `target` (count); `norm` is ‖x‖² of the one row, `norms`
    /// those of the others, which the RBF kernel alone looks at.
    func write(
        _ products: UnsafePointer<Float>,
        norm: Float,
        norms: UnsafePointer<Float>,
        to target: UnsafeMutablePointer<Float>,
        count: Int
    ) {
        let (gamma, coef0) = (Float(gamma), Float(coef0))
        switch kind {
        case .linear: target.update(from: products, count: count)
        case .rbf: ck_rbf_f32(target, products, norms, norm, gamma, count)
        case .poly: ck_poly_f32(target, products, gamma, coef0, Swift.max(0, degree), count)
        case .sigmoid: ck_sigmoid_f32(target, products, gamma, coef0, count)
        }
    }

    /// One kernel value from a product and two squared norms.
    func value(_ product: Double, _ first: Float, _ second: Float) -> Float {
        var (product, second, result) = (Float(product), second, Float(0))
        write(&product, norm: first, norms: &second, to: &result, count: 1)
        return result
    }
}
