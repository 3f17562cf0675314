public import Domain

/// Shows everything known of one sweep.
public enum SweepShow: Method {
    /// The wire name.
    public static let name = "sweep.show"
    /// The least role that may call it.
    public static let role = Role.viewer
    /// The document is that of the end of a sweep.
    public static let kind = "sweep"

    /// Which sweep.
    public struct Params: Codable, Sendable {
        /// As typed.
        public var sweep: SweepReference

        /// Asks for a sweep.
        public init(sweep: SweepReference) {
            self.sweep = sweep
        }
    }

    /// The sweep.
    public typealias Reply = SweepDocument
}
