public import Domain

/// One thing that was looked at, and what to do where it is not right.
public struct Check: Codable, Hashable, Sendable {
    /// How it is.
    public enum State: String, Codable, Sendable, CaseIterable {
        /// As it should be.
        case ok
        /// Works, but somebody should act.
        case warning
        /// Does not work.
        case failure
    }

    /// What was looked at, one or two words: `clock`, `disk`, `certificate`.
    public var name: String
    /// On which node.
    public var node: NodeID
    /// How it is.
    public var state: State
    /// What was found, one line.
    public var detail: String
    /// What to type or do; nil where all is well.
    public var fix: String?

    /// A check with its finding.
    public init(name: String, node: NodeID, state: State, detail: String, fix: String? = nil) {
        self.name = name
        self.node = node
        self.state = state
        self.detail = detail
        self.fix = fix
    }
}
