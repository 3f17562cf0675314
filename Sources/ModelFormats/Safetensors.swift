internal import Domain

/// A model as a safetensors file, which Python's `safetensors` opens.
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 8 | length h of the header, little-endian |
/// | 8 | h | JSON, filled up with blanks so that the arrays begin at a multiple of 64 |
/// | 8 + h | 4 each | the arrays of `ModelShape.tensors`, F32 or I32, one after the other |
///
/// The metadata are the model's facts.
public enum Safetensors {
    /// The file of a model; the same model gives the same bytes on every node.
    public static func write(_ model: ModelContents) -> WrittenModel {
        let facts = model.facts.map { "\($0.name.quoted):\($0.value.quoted)" }
        var entries = ["\"__metadata__\":{\(facts.joined(separator: ","))}"]
        var end = 0
        for tensor in model.shape.tensors {
            let start = end
            end += 4 * tensor.count
            let shape = tensor.dimensions.map(String.init).joined(separator: ",")
            let type = tensor.element == .float32 ? "F32" : "I32"
            entries.append(
                "\(tensor.name.quoted):{\"dtype\":\"\(type)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(start),\(end)]}"
            )
        }
        var header = Array("{\(entries.joined(separator: ","))}".utf8)
        let padding = (64 - (8 + header.count) % 64) % 64
        header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + header.count + end)
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: header)
        appendWords(model.words[...], to: &bytes)
        return WrittenModel(bytes)
    }

    /// The words in a file whose hash has been checked; nil where it holds another number.
    public static func words(in bytes: [UInt8], count: Int) -> [Float]? {
        guard bytes.count >= 8 else { return nil }
        let length = (0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[$1]) }
        guard length <= UInt64(bytes.count), count >= 0,
            bytes.count - 8 - Int(length) == 4 * count
        else { return nil }
        let start = 8 + Int(length)
        return bytes.withUnsafeBytes { raw in
            (0..<count).map { index in
                let bits = raw.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)
                return Float(bitPattern: UInt32(littleEndian: bits))
            }
        }
    }
}

/// Appends words as they lie in little-endian memory.
func appendWords(_ words: ArraySlice<Float>, to bytes: inout [UInt8]) {
    for word in words {
        withUnsafeBytes(of: word.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
