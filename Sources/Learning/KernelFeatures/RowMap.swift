public import Domain
public import LinearAlgebra

/// What makes a row of features out of a row of data, such that the inner products of features are
/// about the kernel of the data.
///
/// A machine that is linear in the features is then about a kernel machine.
public protocol RowMap: AnyObject {
    /// The kernel.
    var function: KernelFunction { get }
    /// Number of features.
    var features: Int { get }

    /// Writes the features of every row.
    ///
    /// Shapes: `target` (rows, features) row-major.
    func write(_ batch: Batch, to target: UnsafeMutablePointer<Float>)

    /// How the kernel machine is read that a linear machine on the features is.
    func shape(outputs: Int) -> KernelShape

    /// That machine's words, in the order of the shape's tensors.
    ///
    /// Shapes: `weights` (outputs, features) row-major, `biases` (outputs).
    func words(weights: [Double], biases: [Double]) -> [Float]
}
