/// Which locks are in force in a worker, by its own word.
public struct WorkerIsolation: Hashable, Sendable, CustomStringConvertible {
    /// Version of Landlock that keeps it from all files; 0 where none does.
    public var landlockVersion: Int
    /// Whether only the listed system calls get through.
    public var filtersCalls: Bool

    /// The locks as they are.
    public init(landlockVersion: Int, filtersCalls: Bool) {
        self.landlockVersion = landlockVersion
        self.filtersCalls = filtersCalls
    }

    /// Whether both locks are in force.
    public var isConfined: Bool { landlockVersion > 0 && filtersCalls }

    /// Such as `confined (landlock 7, seccomp)`, or `none`.
    public var description: String {
        switch (landlockVersion > 0, filtersCalls) {
        case (true, true): "confined (landlock \(landlockVersion), seccomp)"
        case (true, false): "partial (landlock \(landlockVersion))"
        case (false, true): "partial (seccomp)"
        case (false, false): "none"
        }
    }
}

/// Whether a worker may go on that could not lock itself in.
public enum IsolationPolicy: UInt8, Sendable {
    /// It must not.
    case confined
    /// It may; the configuration says so.
    case none
}
