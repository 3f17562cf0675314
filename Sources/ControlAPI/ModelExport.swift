public import Domain

/// Writes a model into a file of the caller's.
///
/// One descriptor rides with the request: an empty regular file, open for writing.
public enum ModelExport: Method {
    /// The wire name.
    public static let name = "model.export"
    /// The least role that may call it.
    public static let role = Role.member
    /// The output.
    public static let descriptors = 1...1
    /// It may be large.
    public static let silenceSecondsMax = 600

    /// The form of the file.
    public enum Format: String, Codable, Sendable, CaseIterable {
        /// A JSON header and raw arrays.
        case safetensors
        /// A graph of operators, for ONNX Runtime and others.
        case onnx
        /// What LIBLINEAR's `predict` reads; of models that are linear in their features.
        case liblinear
        /// What LIBSVM's `svm-predict` reads; of machines and linear models.
        case libsvm
    }

    /// Which model, in which form.
    public struct Params: Codable, Sendable {
        /// A model's name, or the run that made it.
        public var model: RunReference
        /// The form of the file.
        public var format: Format

        /// Asks for a file.
        public init(model: RunReference, format: Format) {
            self.model = model
            self.format = format
        }
    }

    /// What was written.
    public struct Reply: Codable, Hashable, Sendable {
        /// The model.
        public var model: ModelName
        /// The form of the file.
        public var format: Format
        /// Its size.
        public var bytes: Int
        /// Its SHA-256.
        public var hash: ContentHash
        /// What its reader must know and the file cannot say, one line each.
        public var remarks: [String]

        /// What was written.
        public init(
            model: ModelName,
            format: Format,
            bytes: Int,
            hash: ContentHash,
            remarks: [String] = []
        ) {
            self.model = model
            self.format = format
            self.bytes = bytes
            self.hash = hash
            self.remarks = remarks
        }
    }
}
