/// What a caller may do, from least to most.
public enum Role: Int, Comparable, Codable, Sendable {
    /// Sees its tenant's objects.
    case viewer
    /// Starts and stops its tenant's runs, adds and removes its datasets.
    case member
    /// Runs its tenant.
    case tenantAdmin
    /// Runs the cluster.
    case clusterOperator

    /// Order of power.
    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// Who asks: the kernel's word about the process behind a connection, mapped to a tenant.
public struct Caller: Hashable, Codable, Sendable {
    /// User id by the kernel's peer credentials.
    public var uid: UInt32
    /// Whose objects exist for it.
    public var tenant: TenantID
    /// What it may do.
    public var role: Role

    /// A caller as mapped by the daemon.
    public init(uid: UInt32, tenant: TenantID, role: Role) {
        self.uid = uid
        self.tenant = tenant
        self.role = role
    }
}
