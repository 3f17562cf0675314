public import Domain

/// Goes on with a run from its newest checkpoint, in a new generation.
public enum RunResume: Method {
    /// The wire name.
    public static let name = "run.resume"
    /// The least role that may call it.
    public static let role = Role.member
    /// Which run.
    public typealias Params = RunShow.Params

    /// What goes on.
    public struct Reply: Codable, Sendable {
        /// The run, under the id it had.
        public var run: RunID
        /// Which of its rings.
        public var generation: Generation
        /// Step of the checkpoint it goes on from; 0 where there was none.
        public var step: Int

        /// A run that goes on.
        public init(run: RunID, generation: Generation, step: Int) {
            self.run = run
            self.generation = generation
            self.step = step
        }
    }
}
