/// What one element of a NumPy array is: the part of `descr` that we take.
struct NumPyElement: Equatable {
    /// How its bits are read.
    enum Kind: Character {
        case boolean = "b"
        case signed = "i"
        case unsigned = "u"
        case real = "f"
        /// Bytes of one character each, filled up with NUL.
        case bytes = "S"
        /// UTF-32 characters, filled up with NUL.
        case text = "U"
    }

    let kind: Kind
    /// Size of one element.
    let bytes: Int
    let isBigEndian: Bool

    /// Reads a `descr` such as `<f8`; nil where it is none that we take.
    init?(_ descr: String) {
        var rest = Substring(descr)
        let order = rest.first
        if let order, "<>|=".contains(order) { rest.removeFirst() }
        guard let letter = rest.popFirst(), let kind = Kind(rawValue: letter),
            !rest.isEmpty, rest.count <= 9, rest.allSatisfy({ $0.isASCII && $0.isNumber }),
            let count = Int(rest)
        else { return nil }
        self.kind = kind
        isBigEndian = order == ">"
        bytes = kind == .text ? 4 * count : count
        switch kind {
        case .boolean: guard count == 1 else { return nil }
        case .signed, .unsigned: guard [1, 2, 4, 8].contains(count) else { return nil }
        case .real: guard count == 4 || count == 8 else { return nil }
        case .bytes, .text: guard (1...1024).contains(count) else { return nil }
        }
        // A byte has no order; `=` would mean the order of whoever wrote it.
        if order == "=" || bytes > 1 && kind != .bytes && order != "<" && order != ">" {
            return nil
        }
    }

    /// Whether elements are numbers.
    var isNumber: Bool { kind != .bytes && kind != .text }

    /// Whether an element is a whole number from 0 to 255.
    var isByte: Bool { bytes == 1 && (kind == .unsigned || kind == .boolean) }
}

extension NumPyElement {
    /// Converts the numbers in `source` to `target` and returns the place of the first that is no
    /// finite `Float`, which becomes NaN as all those like it.
    ///
    /// Magnitudes below 2⁻¹²⁶ become 0, as in text.
    /// Shapes: `source` (n · `bytes`), `target` (n).
    func convert(
        _ source: UnsafeRawBufferPointer,
        into target: UnsafeMutableBufferPointer<Float>
    ) -> Int? {
        precondition(source.count == target.count * bytes, "\(source.count) bytes of numbers")
        switch (kind, bytes) {
        case (.real, 4):
            return convertReals(source, UInt32.self, into: target) { Float(bitPattern: $0) }
        case (.real, _):
            return convertReals(source, UInt64.self, into: target) { Double(bitPattern: $0) }
        case (.signed, 1): convertWhole(source, Int8.self, into: target)
        case (.signed, 2): convertWhole(source, Int16.self, into: target)
        case (.signed, 4): convertWhole(source, Int32.self, into: target)
        case (.signed, _): convertWhole(source, Int64.self, into: target)
        case (.unsigned, 2): convertWhole(source, UInt16.self, into: target)
        case (.unsigned, 4): convertWhole(source, UInt32.self, into: target)
        case (.unsigned, 8): convertWhole(source, UInt64.self, into: target)
        case (.unsigned, _), (.boolean, _): convertWhole(source, UInt8.self, into: target)
        case (.bytes, _), (.text, _): preconditionFailure("texts are no numbers")
        }
        return nil
    }

    @inline(__always)
    private func convertWhole<Whole: FixedWidthInteger>(
        _ source: UnsafeRawBufferPointer,
        _ type: Whole.Type,
        into target: UnsafeMutableBufferPointer<Float>
    ) {
        for i in target.indices { target[i] = Float(load(source, i, type)) }
    }

    @inline(__always)
    private func convertReals<Bits: FixedWidthInteger, Real: BinaryFloatingPoint>(
        _ source: UnsafeRawBufferPointer,
        _ type: Bits.Type,
        into target: UnsafeMutableBufferPointer<Float>,
        _ decode: (Bits) -> Real
    ) -> Int? {
        var bad: Int?
        for i in target.indices {
            var value = Float(decode(load(source, i, type)))
            if !value.isFinite {
                if bad == nil { bad = i }
                value = .nan
            } else if value.magnitude < Float.leastNormalMagnitude {
                value = 0
            }
            target[i] = value
        }
        return bad
    }

    @inline(__always)
    private func load<Bits: FixedWidthInteger>(
        _ source: UnsafeRawBufferPointer,
        _ index: Int,
        _ type: Bits.Type
    ) -> Bits {
        let offset = index &* MemoryLayout<Bits>.size
        let raw = source.loadUnaligned(fromByteOffset: offset, as: type)
        return isBigEndian ? Bits(bigEndian: raw) : Bits(littleEndian: raw)
    }

    /// A whole number, as an index; nil where the element is none.
    func wholeNumber(_ source: UnsafeRawBufferPointer, at index: Int) -> Int? {
        switch (kind, bytes) {
        case (.signed, 4): Int(load(source, index, Int32.self))
        case (.signed, 8): Int(exactly: load(source, index, Int64.self))
        case (.unsigned, 4): Int(load(source, index, UInt32.self))
        case (.unsigned, 8): Int(exactly: load(source, index, UInt64.self))
        default: nil
        }
    }

    /// A number as it is written, for messages; NaN and infinity too.
    func real(_ source: UnsafeRawBufferPointer, at index: Int) -> Double {
        guard kind == .real else { return 0 }
        return bytes == 4
            ? Double(Float(bitPattern: load(source, index, UInt32.self)))
            : Double(bitPattern: load(source, index, UInt64.self))
    }

    /// A number's bits: equal bits are equal numbers.
    func bits(_ source: UnsafeRawBufferPointer, at index: Int) -> UInt64 {
        switch bytes {
        case 1: UInt64(source[index])
        case 2: UInt64(load(source, index, UInt16.self))
        case 4: UInt64(load(source, index, UInt32.self))
        default: load(source, index, UInt64.self)
        }
    }

    /// An element as text: of numbers the shortest that reads back, whole ones without a point.
    ///
    /// Nil where it is no text or no finite number.
    func text(_ source: UnsafeRawBufferPointer, at index: Int) -> String? {
        let part = UnsafeRawBufferPointer(rebasing: source[index * bytes..<(index + 1) * bytes])
        switch kind {
        case .boolean: return part[0] == 0 ? "0" : "1"
        case .signed, .unsigned: return wholeText(part)
        case .real: return realText(part)
        case .bytes:
            let used = part.reversed().drop { $0 == 0 }.count
            return String(validating: part.prefix(used), as: UTF8.self)
        case .text:
            var units = (0..<bytes / 4).map { load(part, $0, UInt32.self) }
            while units.last == 0 { units.removeLast() }
            return String(validating: units, as: UTF32.self)
        }
    }

    private func wholeText(_ part: UnsafeRawBufferPointer) -> String {
        switch (kind, bytes) {
        case (.signed, 1): "\(load(part, 0, Int8.self))"
        case (.signed, 2): "\(load(part, 0, Int16.self))"
        case (.signed, 4): "\(load(part, 0, Int32.self))"
        case (.signed, _): "\(load(part, 0, Int64.self))"
        case (_, 1): "\(load(part, 0, UInt8.self))"
        case (_, 2): "\(load(part, 0, UInt16.self))"
        case (_, 4): "\(load(part, 0, UInt32.self))"
        default: "\(load(part, 0, UInt64.self))"
        }
    }

    private func realText(_ part: UnsafeRawBufferPointer) -> String? {
        let text: String
        let value: Double
        if bytes == 4 {
            let single = Float(bitPattern: load(part, 0, UInt32.self))
            (text, value) = ("\(single)", Double(single))
        } else {
            value = Double(bitPattern: load(part, 0, UInt64.self))
            text = "\(value)"
        }
        guard value.isFinite else { return nil }
        if value == value.rounded(), value.magnitude < 0x1p53 { return "\(Int(value))" }
        return text
    }
}
