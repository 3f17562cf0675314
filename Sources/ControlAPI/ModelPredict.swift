public import Domain

/// Predicts a label for every row of files that are read as the model's training data was.
///
/// Descriptors ride with the request: those of `files` in order, then one regular file, open for
/// writing, that gets one line per row. Of CSV: the predicted class or value; with `probabilities`
/// then one number per class, separated by commas, in the order of `model show`. Of JSON: an
/// object with `row` from 1, then `label` or `value`, then `probabilities` by class.
/// The files have the columns of the training data; a label column may be there and is ignored.
public enum ModelPredict: Method {
    /// The wire name.
    public static let name = "model.predict"
    /// The least role that may call it.
    public static let role = Role.member
    /// The files, then the output.
    public static let descriptors = 2...16
    /// It reads all of the data.
    public static let silenceSecondsMax = 3600

    /// The form of the lines.
    public enum Format: String, Codable, Sendable, CaseIterable {
        /// Values separated by commas.
        case csv
        /// An object a line.
        case jsonl
    }

    /// Which model, on what.
    public struct Params: Codable, Sendable {
        /// A model's name, or the run that made it.
        public var model: RunReference
        /// The files as the caller named them, for messages; `-` for standard input.
        public var files: [String]
        /// Whether the classes' probabilities are wanted.
        public var probabilities: Bool
        /// The form of the lines.
        public var format: Format

        /// Asks for predictions.
        public init(
            model: RunReference,
            files: [String],
            probabilities: Bool,
            format: Format = .csv
        ) {
            self.model = model
            self.files = files
            self.probabilities = probabilities
            self.format = format
        }
    }

    /// What was written.
    public struct Reply: Codable, Hashable, Sendable {
        /// The model.
        public var model: ModelName
        /// Number of lines.
        public var rows: Int

        /// What was written.
        public init(model: ModelName, rows: Int) {
            self.model = model
            self.rows = rows
        }
    }
}
