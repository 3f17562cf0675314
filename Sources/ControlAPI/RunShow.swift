public import Domain

/// Shows everything known of one run.
public enum RunShow: Method {
    /// The wire name.
    public static let name = "run.show"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// The document is that of the end of a run.
    public static let kind = "run"

    /// Which run.
    public struct Params: Codable, Sendable {
        /// As typed.
        public var run: RunReference

        /// Asks for a run.
        public init(run: RunReference) {
            self.run = run
        }
    }

    /// The run.
    public typealias Reply = RunDocument
}
