public import LinearAlgebra

/// Why learning could not go on.
public enum LearningError: Error, Equatable, CustomStringConvertible {
    /// A sum over the ranks did not come about.
    case reducer(ReducerError)
    /// Rows could not be read.
    case rows(RowSourceError)
    /// Kernel values of some rows with each other are no finite numbers.
    case kernelNotFinite

    /// One line for the operator.
    public var description: String {
        switch self {
        case .reducer(let error): error.description
        case .rows(let error): error.description
        case .kernelNotFinite:
            "the kernel of some rows with each other is no finite number; take smaller values, as "
                + "by --scale, or a smaller --gamma or --degree"
        }
    }

    /// Runs `body`, which reads rows.
    public static func wrap<Value: ~Copyable>(
        _ body: () throws(RowSourceError) -> Value
    ) throws(LearningError) -> Value {
        do { return try body() } catch { throw .rows(error) }
    }

    /// Runs `body`, which sums over the ranks.
    public static func wrap<Value: ~Copyable>(
        _ body: () throws(ReducerError) -> Value
    ) throws(LearningError) -> Value {
        do { return try body() } catch { throw .reducer(error) }
    }
}
