import ControlAPI
import Domain
import JSONRPC

/// A model as a safetensors file, which Python's `safetensors` opens.
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 8 | length h of the header, little-endian |
/// | 8 | h | JSON, filled up with blanks so that the arrays begin at a multiple of 64 |
/// | 8 + h | 4 each | the words of the tensors of `ModelShape`, F32 or I32, in their order |
///
/// The metadata say what the model is: everything in its manifest but hash, size and metrics.
struct ModelFile: Sendable {
    /// The bytes of the file.
    let bytes: [UInt8]

    /// A model's file; the same model gives the same bytes on every node.
    init(_ manifest: ModelManifest, words: [Float]) {
        var entries = ["\"__metadata__\":{\(metadata(of: manifest))}"]
        var end = 0
        for tensor in manifest.shape.tensors {
            let start = end
            end += 4 * tensor.count
            let shape = tensor.dimensions.map(String.init).joined(separator: ",")
            let type = tensor.element == .float32 ? "F32" : "I32"
            entries.append(
                "\"\(tensor.name)\":{\"dtype\":\"\(type)\",\"shape\":[\(shape)],"
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
        for value in words {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        self.bytes = bytes
    }

    /// The words in a file whose hash has been checked; nil where it holds fewer.
    static func words(in bytes: [UInt8], count: Int) -> [Float]? {
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

/// The pairs of the metadata, all of them texts as the format wants it, in a fixed order.
private func metadata(of manifest: ModelManifest) -> String {
    let shape = manifest.shape
    var pairs = [
        ("format", "distml-model/2"), ("name", manifest.name.text), ("run", manifest.run.text),
        ("kind", shape.kind.rawValue), ("algorithm", manifest.algorithm.rawValue),
        ("dataset", manifest.dataset.text),
        ("dataset_version", manifest.datasetVersion.description),
        ("bias", shape.bias.rawValue), ("bias_scale", "\(shape.biasScale)"),
        ("shape", json(shape)), ("mapping", json(manifest.mapping)),
    ]
    if case .classes(let names) = manifest.labels { pairs.append(("classes", json(names))) }
    return pairs.map { "\(json($0.0)):\(json($0.1))" }.joined(separator: ",")
}

/// A value as JSON; what we put in can always be written.
private func json(_ value: some Codable & Sendable) -> String {
    guard let bytes = try? JSONCoding.encode([value]) else { return "\"\"" }
    // One value in a list, because not every coder takes a bare text.
    return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
}
