import CCrypto
import ControlAPI
import Domain

extension RPCError {
    init(_ error: ObjectError, node: NodeID) {
        switch error {
        case .noSpace:
            self.init(
                .noSpace,
                "\(error)",
                node: node,
                hint: "make room on that disk; then try again"
            )
        case .system: self.init(.failed, "\(error)", node: node)
        }
    }
}

/// SHA-256 of bytes in memory, by libcrypto.
func sha256(of bytes: [UInt8]) -> ContentHash {
    var digest = [UInt8](repeating: 0, count: 32)
    let isDone = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    precondition(isDone == 1, "libcrypto has no SHA-256")
    return ContentHash(bytes: digest)
}
