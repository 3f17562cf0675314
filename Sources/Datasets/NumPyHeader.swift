/// The head of a NumPy array file.
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 6 | 0x93 and `NUMPY` |
/// | 6 | 1 | version 1, 2 or 3 |
/// | 7 | 1 | 0 |
/// | 8 | 2 or 4 | length of the text, little-endian; 2 bytes in version 1 |
/// | then | | a Python dictionary with `descr`, `fortran_order` and `shape` |
///
/// Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays", 2007; versions 2
/// and 3 in the documentation of `numpy.lib.format`.
struct NumPyHeader: Equatable {
    let element: NumPyElement
    /// Whether the first index varies fastest.
    let isFortran: Bool
    /// Lengths of all dimensions; none for a single value.
    let shape: [Int]
    /// Size of the head itself.
    private(set) var bytes = 0

    /// Reads the head from the beginning of `source`.
    init(_ source: inout some ByteSource) throws(DatasetError) {
        let cut = "ends within the head of its array"
        let start = try source.upTo(8)
        guard start.starts(with: Self.magic) else {
            throw DatasetError(
                .unknownFormat,
                "does not begin as a NumPy array does",
                file: source.name
            )
        }
        guard start.count == 8 else { throw DatasetError(.npyTruncated, cut, file: source.name) }
        guard (1...3).contains(start[6]), start[7] == 0 else {
            throw DatasetError(
                .npyHeader,
                "has version \(start[6]).\(start[7]) of NumPy's format; 1.0 to 3.0 are known",
                file: source.name
            )
        }
        let width = start[6] == 1 ? 2 : 4
        let length = try source.exactly(width, orElse: .npyTruncated, cut)
            .reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= textBytesMax else {
            throw DatasetError(
                .npyHeader,
                "announces a head of \(length) bytes; at most \(textBytesMax) are taken",
                file: source.name
            )
        }
        let text = try source.exactly(length, orElse: .npyTruncated, cut)
        try self.init(text: text, file: source.name)
        bytes = 8 + width + length
    }

    /// Reads the dictionary.
    init(text: [UInt8], file: String) throws(DatasetError) {
        var literal = PythonLiteral(text)
        guard let found = literal.dictionary() else {
            throw DatasetError(
                .npyHeader,
                "its head is not understood at byte \(literal.position) of the dictionary",
                file: file
            )
        }
        switch found.descr {
        case .other:
            throw DatasetError(
                .npyType,
                "is a structured array, whose elements have several fields",
                file: file,
                hint: "save its columns as one array of numbers"
            )
        case .text(let descr):
            guard let element = NumPyElement(descr) else { throw Self.typeProblem(descr, file) }
            self.element = element
        }
        isFortran = found.isFortran
        shape = found.shape
    }

    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    private static func typeProblem(_ descr: String, _ file: String) -> DatasetError {
        if descr.contains("O") {
            return DatasetError(
                .npyType,
                "holds Python objects, which only running code from the file could read",
                file: file,
                hint: "convert it first: numbers with astype('f4'), texts with astype(str)"
            )
        }
        return DatasetError(
            .npyType,
            "has elements of type '\(shortened(descr))'; f4, f8, i1 to i8, u1 to u8 and b1 are "
                + "taken, and texts as labels",
            file: file,
            hint: "convert it first: astype('f4')"
        )
    }

    /// The shape as Python writes it.
    var shownShape: String {
        let inner = shape.map(String.init).joined(separator: ", ")
        return shape.count == 1 ? "(\(inner),)" : "(\(inner))"
    }
}

/// NumPy itself refuses to read more than 10,000 unless told to.
private let textBytesMax = 64 << 10

/// Reads the one form of dictionary that a head may be, and nothing else of Python.
private struct PythonLiteral {
    enum Descr {
        case text(String)
        /// A list of fields.
        case other
    }

    /// How far it was understood.
    private(set) var position = 0
    private let text: [UInt8]

    init(_ text: [UInt8]) { self.text = text }

    mutating func dictionary() -> (descr: Descr, isFortran: Bool, shape: [Int])? {
        var descr: Descr?
        var isFortran: Bool?
        var shape: [Int]?
        guard take("{") else { return nil }
        while !take("}") {
            guard let key = quoted(), take(":") else { return nil }
            switch key {
            case "descr" where descr == nil:
                if let text = quoted() {
                    descr = .text(text)
                } else {
                    guard skipList() else { return nil }
                    descr = .other
                }
            case "fortran_order" where isFortran == nil:
                if take("True") { isFortran = true } else if take("False") { isFortran = false }
                guard isFortran != nil else { return nil }
            case "shape" where shape == nil:
                guard let lengths = tuple() else { return nil }
                shape = lengths
            default: return nil
            }
            if !take(",") {
                guard take("}") else { return nil }
                break
            }
        }
        skipBlanks()
        guard position == text.count, let descr, let isFortran, let shape else { return nil }
        return (descr, isFortran, shape)
    }

    private mutating func tuple() -> [Int]? {
        guard take("(") else { return nil }
        var lengths: [Int] = []
        while !take(")") {
            guard lengths.count < 32, let length = wholeNumber() else { return nil }
            lengths.append(length)
            if take(",") { continue }
            // (5) is a number in brackets, no tuple.
            guard lengths.count != 1, take(")") else { return nil }
            break
        }
        return lengths
    }

    private mutating func wholeNumber() -> Int? {
        skipBlanks()
        let start = position
        var value = 0
        while position < text.count, text[position] &- 0x30 <= 9, position - start < 18 {
            value = value * 10 + Int(text[position] - 0x30)
            position += 1
        }
        guard position > start else { return nil }
        // Python 2 ended long numbers with an L.
        if position < text.count, text[position] == 0x4C { position += 1 }
        return value
    }

    private mutating func quoted() -> String? {
        skipBlanks()
        guard position < text.count, text[position] == 0x27 || text[position] == 0x22,
            let end = text[(position + 1)...].firstIndex(of: text[position])
        else { return nil }
        let inner = text[(position + 1)..<end]
        guard inner.count <= 64, inner.allSatisfy({ (0x20...0x7E).contains($0) && $0 != 0x5C })
        else { return nil }
        position = end + 1
        return String(decoding: inner, as: UTF8.self)
    }

    /// Moves behind a list whose contents are of no interest.
    private mutating func skipList() -> Bool {
        guard take("[") else { return false }
        var depth = 1
        while position < text.count, depth > 0 {
            if text[position] == 0x5B { depth += 1 }
            if text[position] == 0x5D { depth -= 1 }
            position += 1
        }
        return depth == 0
    }

    private mutating func take(_ word: String) -> Bool {
        skipBlanks()
        guard text[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func skipBlanks() {
        while position < text.count, text[position] == 0x20 || text[position] == 0x0A {
            position += 1
        }
    }
}
