public import Domain

/// Lists the caller's runs, the latest first, at most `runsMax`.
public enum RunLs: Method {
    /// The wire name.
    public static let name = "run.ls"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// Runs in one answer: at about 1 KiB each they fit into a line.
    public static let runsMax = 500

    /// Which runs.
    public struct Params: Codable, Sendable {
        /// Whether those that have ended are wanted too.
        public var all: Bool
        /// Only runs started in the last so many seconds; nil takes all.
        public var sinceSeconds: Double?
        /// Only runs in one of these states, ended ones by their outcome; empty takes all.
        public var statuses: [String]

        /// Asks for a list.
        public init(all: Bool, sinceSeconds: Double? = nil, statuses: [String]) {
            self.all = all
            self.sinceSeconds = sinceSeconds
            self.statuses = statuses
        }
    }

    /// The runs.
    public typealias Reply = [RunDocument]
}

extension RunDocument {
    /// One word for a list: `preparing`, `running`, or how it ended.
    public var state: String { outcome?.rawValue ?? status.rawValue }

    /// Whether the list that `params` asks for has this run at `now` (seconds since 1970).
    public func isWanted(by params: RunLs.Params, now: Double) -> Bool {
        guard params.all || status != .ended || params.statuses.contains(state) else {
            return false
        }
        if let since = params.sinceSeconds, startedAt.seconds < now - since { return false }
        return params.statuses.isEmpty || params.statuses.contains(state)
            || params.statuses.contains(status.rawValue)
    }
}
