import CKernels
import COpenBLAS

/// The kernels that OpenBLAS is to be told to take, as `OPENBLAS_CORETYPE`, before it is loaded; nil
/// where it takes the right ones by itself.
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
