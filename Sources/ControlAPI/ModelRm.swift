public import Domain

/// Removes a model from all nodes; the run that made it stays.
public enum ModelRm: Method {
    /// The wire name.
    public static let name = "model.rm"
    /// The least role that may call it.
    public static let role = Role.member

    /// Which model.
    public typealias Params = ModelShow.Params

    /// What is gone.
    public struct Reply: Codable, Sendable {
        /// The model.
        public var name: ModelName
        /// The run that made it.
        public var run: RunID

        /// Names what is gone.
        public init(name: ModelName, run: RunID) {
            self.name = name
            self.run = run
        }
    }
}
