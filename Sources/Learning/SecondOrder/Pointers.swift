// Lending arrays to pointers for the length of a call, two at a time and without nests of closures.

/// Lends two arrays to be read.
func reading(
    _ first: UnsafePointer<Double>,
    _ second: UnsafePointer<Double>,
    _ body: (UnsafePointer<Double>, UnsafePointer<Double>) -> Void
) { body(first, second) }

/// Lends two arrays to be written.
func writing(
    _ first: UnsafeMutablePointer<Double>,
    _ second: UnsafeMutablePointer<Double>,
    _ body: (UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Void
) { body(first, second) }

/// Lends one array to be written.
func writing(
    _ first: UnsafeMutablePointer<Double>,
    _ body: (UnsafeMutablePointer<Double>) -> Void
) { body(first) }
