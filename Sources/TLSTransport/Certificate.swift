import CTLS
import Domain
import Glibc

/// Owns one `X509 *`.
final class Certificate {
    let handle: OpaquePointer

    /// Takes over one reference.
    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { X509_free(handle) }

    /// All that people ask of a certificate.
    var facts: CertificateFacts {
        let names = uris
        return CertificateFacts(
            uri: names.count == 1 ? names[0].map { String(decoding: $0, as: UTF8.self) } : nil,
            serial: hexadecimal(X509_get0_serialNumber(handle)),
            subject: oneLine(X509_get_subject_name(handle)),
            issuer: oneLine(X509_get_issuer_name(handle)),
            notBefore: seconds(X509_get0_notBefore(handle)),
            notAfter: seconds(X509_get0_notAfter(handle))
        )
    }

    /// Its URI names as bytes; nil for one that holds a NUL, which no honest name does.
    private var uris: [[UInt8]?] {
        guard let raw = X509_get_ext_d2i(handle, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(names) }
        return (0..<distml_names_count(names)).compactMap { index -> [UInt8]?? in
            guard let item = distml_names_item(names, index),
                let uri = distml_name_uri(item)
            else { return nil }
            let bytes = stringBytes(uri)
            return .some(bytes.contains(0) ? nil : bytes)
        }
    }

    /// The node it stands for in `cluster`, or in words why it stands for none.
    func node(in cluster: ClusterName) -> Result<NodeID, NoIdentity> {
        let names = uris
        guard names.count == 1 else {
            let count = names.isEmpty ? "no URI name" : "\(names.count) URI names"
            return .failure(NoIdentity(reason: "it carries \(count) where there must be one"))
        }
        guard X509_check_ca(handle) == 0 else {
            return .failure(NoIdentity(reason: "it is a CA's certificate"))
        }
        // The comparison is of bytes: two texts that merely look the same are not.
        let prefix = Array("spiffe://\(cluster.text)/node/".utf8)
        guard let name = names[0], name.starts(with: prefix), isName(name[prefix.count...]) else {
            let text = (names[0] ?? []).prefix(256).map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }
            let shown = String(decoding: text, as: UTF8.self)
            return .failure(NoIdentity(reason: "'\(shown)' is no node of cluster \(cluster)"))
        }
        let text = String(decoding: name[prefix.count...], as: UTF8.self)
        return .success(NodeID(checked: text))
    }
}

/// Why a certificate stands for no node.
struct NoIdentity: Error {
    let reason: String
}

/// Owns one `X509_CRL *`.
final class RevocationList {
    let handle: OpaquePointer

    /// Takes over one reference.
    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { X509_CRL_free(handle) }

    /// When the next list must be there, seconds since 1970; nil if it does not say.
    var nextUpdate: Int64? {
        X509_CRL_get0_nextUpdate(handle).map { seconds($0) }
    }

    /// Serial numbers of what it revokes, hexadecimal in lower case.
    var serials: Set<String> {
        Set(
            (0..<distml_revoked_count(handle)).map {
                hexadecimal(distml_revoked_serial(handle, $0))
            }
        )
    }
}

private func stringBytes(_ string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
    guard let string, let start = ASN1_STRING_get0_data(string) else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
}

private func hexadecimal(_ number: UnsafePointer<ASN1_INTEGER>?) -> String {
    let digits = Array("0123456789abcdef")
    return String(stringBytes(number).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

private func oneLine(_ name: OpaquePointer?) -> String {
    guard let text = X509_NAME_oneline(name, nil, 0) else { return "" }
    defer { CRYPTO_free(text, #file, #line) }
    return String(cString: text)
}

private func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
    var fields = tm()
    // A time that cannot be read is long past: everything it guards fails closed.
    guard let time, ASN1_TIME_to_tm(time, &fields) == 1 else { return 0 }
    return Int64(timegm(&fields))
}
