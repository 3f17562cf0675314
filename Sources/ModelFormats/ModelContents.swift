public import Domain

/// Everything that a file says of a model.
public struct ModelContents: Sendable {
    /// How its words are to be read.
    public let shape: ModelShape
    /// Its arrays, one after the other: floats, and whole numbers as bit patterns.
    public let words: [Float]
    /// Its classes in the order of its outputs; empty for real values.
    public let classes: [String]
    /// Pairs that say where it comes from, all of them texts, in a fixed order.
    public let facts: [(name: String, value: String)]

    /// A model and its facts.
    /// - Precondition: the words are as many as the shape says.
    public init(
        shape: ModelShape,
        words: [Float],
        classes: [String],
        facts: [(name: String, value: String)]
    ) {
        precondition(
            words.count == shape.wordCount,
            "\(words.count) words for a model of \(shape.wordCount)"
        )
        self.shape = shape
        self.words = words
        self.classes = classes
        self.facts = facts
    }

    /// The words of the array called `name`; nil where the model has none of that name.
    func tensor(_ name: String) -> ArraySlice<Float>? {
        var start = 0
        for tensor in shape.tensors {
            if tensor.name == name { return words[start..<start + tensor.count] }
            start += tensor.count
        }
        return nil
    }

    /// The words of an array of whole numbers.
    func integers(_ name: String) -> [Int]? {
        tensor(name)?.map { Int(Int32(bitPattern: $0.bitPattern)) }
    }
}

/// A model as the bytes of a file.
public struct WrittenModel: Sendable, Equatable {
    /// The file.
    public let bytes: [UInt8]
    /// What its reader must know and the file cannot say, one line each.
    public let remarks: [String]

    init(_ bytes: [UInt8], remarks: [String] = []) {
        self.bytes = bytes
        self.remarks = remarks
    }

    init(_ text: String, remarks: [String]) {
        self.init(Array(text.utf8), remarks: remarks)
    }
}

/// Why a model cannot be written in a format; nothing was written.
public struct FormatRefusal: Error, Equatable, CustomStringConvertible {
    /// One line for the operator.
    public let description: String
    /// What to do instead.
    public let hint: String?

    init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }
}
