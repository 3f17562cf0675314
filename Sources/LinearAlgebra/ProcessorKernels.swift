import CKernels
import COpenBLAS

/// The kernels that OpenBLAS is to be told to take; nil where it takes the right ones by itself.
///
/// They are told as `OPENBLAS_CORETYPE`, before the library is loaded.
///
/// OpenBLAS knows processors by their model number. One that is younger than the library gets the
/// kernels of the oldest processor of its family: on such a machine products were 4 to 9 times
/// slower than with those that the processor's own list of features allows.
public func kernelsToAskFor() -> String? {
    guard let name = openblas_get_corename(), let widest = ck_widest_core() else { return nil }
    return wideKernels.contains(String(cString: name)) ? nil : String(cString: widest)
}

/// Names of kernels that use registers of 256 bits and fused products, or wider.
private let wideKernels: Set<String> = [
    "Haswell", "Zen", "Excavator", "SkylakeX", "Cooperlake", "SapphireRapids",
]

/// Has OpenBLAS map the room for its products now, which it keeps.
///
/// It maps 128 MiB or less at the first product that is not tiny, touches what it needs of them,
/// and tries without end where it cannot have them.
public func reserveProductRoom() {
    let order = 256
    let elements = [Float](repeating: 0, count: order * order)
    var product = elements
    let n = Int32(order)
    cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasNoTrans,
        n,
        n,
        n,
        1,
        elements,
        n,
        elements,
        n,
        0,
        &product,
        n
    )
}
