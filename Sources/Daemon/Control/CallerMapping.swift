import Domain
import Glibc
import Transport
import Yams

/// What the kernel says about the process behind a connection.
struct PeerCredentials: Equatable, Sendable {
    var uid: UInt32
    /// Primary and supplementary groups.
    var groups: Set<UInt32>
}

/// Says who a process is to us: which tenant, which role; or nobody.
///
/// Without a file: root and the daemon's own user are operators, members of the socket's group
/// members of tenant `default`, whoever else the socket's mode lets in a viewer there.
/// With one (`tenants` in the configuration): root and the daemon's own user as before, then the
/// first entry of the list that fits; whoever fits none is refused.
///
/// ```yaml
/// - {user: alice, tenant: default, role: operator}
/// - {group: scientists, tenant: default, role: member}
/// ```
struct CallerMapping: Equatable, Sendable {
    private enum Subject: Equatable, Sendable {
        case user(UInt32)
        case group(UInt32)
    }

    private struct Rule: Equatable, Sendable {
        var subject: Subject
        var tenant: TenantID
        var role: Role
    }

    private let ownUser: UInt32
    private let rules: [Rule]
    private let others: Role?

    /// Where nobody's user is mapped to; means that a user namespace hides who asks.
    private static let overflowUser: UInt32 = 65_534

    /// The built-in rule for a socket of `group`.
    init(group: UInt32, ownUser: UInt32) {
        self.ownUser = ownUser
        rules = [Rule(subject: .group(group), tenant: .default, role: .member)]
        others = .viewer
    }

    /// The rules of a file.
    init(text: String, file: String, ownUser: UInt32) throws(ConfigurationError) {
        let node = try composeYAML(text, file: file)
        guard case .sequence(let list) = node else {
            throw ConfigurationError(file: file, line: 1, message: "the file must be a list")
        }
        var rules: [Rule] = []
        for item in list {
            let section = try ConfigurationSection(
                item,
                file: file,
                path: "",
                keys: ["user", "group", "tenant", "role"]
            )
            rules.append(
                Rule(
                    subject: try Self.subject(in: section),
                    tenant: try section.name("tenant"),
                    role: try Self.role(in: section)
                )
            )
        }
        self.ownUser = ownUser
        self.rules = rules
        others = nil
    }

    /// The mapping that a configuration asks for.
    init(_ configuration: Configuration) throws(ConfigurationError) {
        let ownUser = geteuid()
        guard let file = configuration.tenants else {
            let group = try configuration.socket.group.map { name throws(ConfigurationError) in
                guard let group = groupNumber(name) else {
                    let message = "'socket.group': there is no group '\(name)'"
                    throw ConfigurationError(file: "configuration", line: nil, message: message)
                }
                return group
            }
            self.init(group: group ?? getegid(), ownUser: ownUser)
            return
        }
        try Self.checkOwner(of: file, ownUser: ownUser)
        try self.init(text: readText(file), file: file, ownUser: ownUser)
    }

    /// Who this is to us; nil for nobody.
    func caller(_ credentials: PeerCredentials) -> Caller? {
        let uid = credentials.uid
        guard uid != Self.overflowUser, uid != .max else { return nil }
        if uid == 0 || uid == ownUser {
            return Caller(uid: uid, tenant: .default, role: .clusterOperator)
        }
        let rule = rules.first { rule in
            switch rule.subject {
            case .user(let user): user == uid
            case .group(let group): credentials.groups.contains(group)
            }
        }
        if let rule { return Caller(uid: uid, tenant: rule.tenant, role: rule.role) }
        return others.map { Caller(uid: uid, tenant: .default, role: $0) }
    }

    private static func subject(
        in section: ConfigurationSection
    ) throws(ConfigurationError) -> Subject {
        switch (try section.optionalText("user"), try section.optionalText("group")) {
        case (let name?, nil):
            guard let user = userNumber(name) else {
                throw section.error("user", "is not a user here: '\(name)'")
            }
            return .user(user)
        case (nil, let name?):
            guard let group = groupNumber(name) else {
                throw section.error("group", "is not a group here: '\(name)'")
            }
            return .group(group)
        default: throw section.error("user", "or 'group' must be given, and not both")
        }
    }

    private static func role(in section: ConfigurationSection) throws(ConfigurationError) -> Role {
        switch try section.text("role") {
        case "viewer": return .viewer
        case "member": return .member
        case "tenant-admin": return .tenantAdmin
        case "operator": return .clusterOperator
        case let other:
            throw section.error(
                "role",
                "must be one of viewer, member, tenant-admin, operator, not '\(other)'"
            )
        }
    }

    /// Whoever can write the file can give himself any role.
    private static func checkOwner(
        of path: String,
        ownUser: UInt32
    ) throws(ConfigurationError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ConfigurationError(file: path, line: nil, message: systemMessage(errno))
        }
        guard status.st_uid == 0 || status.st_uid == ownUser, status.st_mode & 0o022 == 0 else {
            throw ConfigurationError(
                file: path,
                line: nil,
                message: "must belong to root or the daemon, and be writable by nobody else"
            )
        }
    }
}

/// The number of a user by name, or of one given by its number.
private func userNumber(_ name: String) -> UInt32? {
    if let number = UInt32(name) { return number }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 65_536)
    guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
        return nil
    }
    return entry.pw_uid
}

/// The number of a group by name, or of one given by its number.
func groupNumber(_ name: String) -> UInt32? {
    if let number = UInt32(name) { return number }
    var entry = Glibc.group()
    var found: UnsafeMutablePointer<Glibc.group>?
    var buffer = [CChar](repeating: 0, count: 65_536)
    guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
        return nil
    }
    return entry.gr_gid
}
