import CTLS
import Glibc

/// Why this node's own key, certificates or settings cannot be used.
///
/// The daemon does not start, or keeps what it had when this happens on a reload.
public enum IdentityError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be opened or read.
    case unreadable(path: String, reason: String)
    /// The key's path leads through a symbolic link.
    case keyIsLink(path: String)
    /// What is there is a folder, a pipe or a device.
    case notAFile(path: String)
    /// The key belongs to somebody else.
    case keyOwner(path: String, owner: UInt32)
    /// Others can read the key.
    case keyMode(path: String, mode: UInt32)
    /// Anybody could replace the file.
    case writableByAll(path: String)
    /// The file does not hold what it should.
    case malformed(path: String, reason: String)
    /// The key is of a kind that is not taken.
    case keyKind(path: String, kind: String)
    /// Key and certificate do not belong together.
    case keyMismatch(key: String, certificate: String)
    /// The certificate names no node of this cluster.
    case noIdentity(path: String, reason: String)
    /// The certificate names another node.
    case anotherNode(path: String, expected: String, found: String)
    /// The certificate is not valid yet; seconds since 1970.
    case notYetValid(path: String, notBefore: Int64)
    /// The certificate has expired; seconds since 1970.
    case expired(path: String, notAfter: Int64)
    /// The certificate comes from another CA.
    case foreignChain(path: String, authority: String, reason: String)
    /// The certificate is on the revocation list.
    case revoked(path: String)
    /// The revocation list is out of date; seconds since 1970.
    case staleRevocations(path: String, nextUpdate: Int64)
    /// The certificate cannot do what a node's must.
    case unusable(path: String, reason: String)
    /// OpenSSL refused a setting.
    case refusedSetting(setting: String, reason: String)
    /// A trial handshake of the node with itself failed.
    case selfTest(reason: String)

    /// One line for the operator.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .keyIsLink(let path): "key \(path) is a symbolic link; name the file itself"
        case .notAFile(let path): "\(path) is not a plain file"
        case .keyOwner(let path, let owner):
            "key \(path) belongs to user \(owner); it must be the daemon's own, or root's"
        case .keyMode(let path, let mode):
            "key \(path) has mode \(octal(mode)), so others can read it; chmod 600 it"
        case .writableByAll(let path): "\(path) can be written by anybody; chmod o-w it"
        case .malformed(let path, let reason): "\(path): \(reason)"
        case .keyKind(let path, let kind): "key \(path) is \(kind); use P-256 or Ed25519"
        case .keyMismatch(let key, let certificate):
            "key \(key) does not belong to certificate \(certificate)"
        case .noIdentity(let path, let reason): "certificate \(path): \(reason)"
        case .anotherNode(let path, let expected, let found):
            "certificate \(path) is for \(found); this node is \(expected)"
        case .notYetValid(let path, let notBefore):
            "certificate \(path) is not valid before \(utcText(notBefore)); is the clock right?"
        case .expired(let path, let notAfter):
            "certificate \(path) expired on \(utcText(notAfter)); renew it with certs/renew"
        case .foreignChain(let path, let authority, let reason):
            "certificate \(path) does not come from the CA in \(authority): \(reason)"
        case .revoked(let path): "certificate \(path) has been revoked"
        case .staleRevocations(let path, let nextUpdate):
            "revocation list \(path) ran out on \(utcText(nextUpdate)); renew it with certs/crl"
        case .unusable(let path, let reason): "certificate \(path): \(reason)"
        case .refusedSetting(let setting, let reason): "OpenSSL refuses \(setting): \(reason)"
        case .selfTest(let reason): "trial handshake with the new certificate failed: \(reason)"
        }
    }
}

private func octal(_ mode: UInt32) -> String { "0" + String(mode & 0o7777, radix: 8) }

/// Such as `2026-11-24 02:22 UTC`, of seconds since 1970.
func utcText(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var fields = tm()
    var text = [CChar](repeating: 0, count: 32)
    guard gmtime_r(&time, &fields) != nil,
        strftime(&text, text.count, "%Y-%m-%d %H:%M UTC", &fields) > 0
    else { return "\(seconds) s since 1970" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
