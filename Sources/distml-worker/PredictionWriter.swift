import Datasets
import Domain
import Glibc
import Training
import Transport
import WorkerLink

/// Writes predictions as lines: class or value, then probabilities where wanted, separated by
/// commas or as an object of JSON.
struct PredictionWriter {
    private let descriptor: Int32
    private let classes: [String]?
    private let wantsProbabilities: Bool
    private let isJSON: Bool
    private var row = 0
    private var text: [UInt8] = []
    private var failure: Int32 = 0

    init(_ job: PredictionJob, to descriptor: Int32) {
        self.descriptor = descriptor
        isJSON = job.isJSON
        if case .classes(let names) = job.labels {
            classes = names.map { job.isJSON ? $0.quoted : field($0) }
            wantsProbabilities = job.wantsProbabilities
        } else {
            classes = nil
            wantsProbabilities = false
        }
    }

    mutating func append(_ predictions: Predictions) {
        let count = predictions.values.count
        let each = count == 0 ? 0 : predictions.probabilities.count / count
        for (place, value) in predictions.values.enumerated() {
            row += 1
            let shares = predictions.probabilities[place * each..<(place + 1) * each]
            if isJSON { appendObject(value, shares) } else { appendFields(value, shares) }
            text.append(UInt8(ascii: "\n"))
        }
        if text.count >= 1 << 20 { flush() }
    }

    private mutating func appendFields(_ value: Float, _ probabilities: ArraySlice<Float>) {
        text.append(contentsOf: name(of: value).utf8)
        guard wantsProbabilities else { return }
        for probability in probabilities { text.append(contentsOf: ",\(probability)".utf8) }
    }

    private mutating func appendObject(_ value: Float, _ probabilities: ArraySlice<Float>) {
        let key = classes == nil ? "value" : "label"
        text.append(contentsOf: "{\"row\":\(row),\"\(key)\":\(name(of: value))".utf8)
        if wantsProbabilities, let classes {
            let pairs = zip(classes, probabilities).map { "\($0):\($1)" }
            text.append(contentsOf: ",\"probabilities\":{\(pairs.joined(separator: ","))}".utf8)
        }
        text.append(UInt8(ascii: "}"))
    }

    /// Writes what is left.
    mutating func finish() throws(WorkerFailure) {
        flush()
        guard failure == 0 else {
            throw WorkerFailure(
                code: DatasetError.Code.writeFailed.rawValue,
                message: "the predictions cannot be written: \(systemMessage(failure))"
            )
        }
    }

    private func name(of value: Float) -> String {
        guard let classes else { return "\(value)" }
        let index = Int(value)
        precondition(classes.indices.contains(index), "class \(index) of \(classes.count)")
        return classes[index]
    }

    private mutating func flush() {
        var rest = text[...]
        while failure == 0, !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            if written < 0 { failure = errno } else { rest = rest.dropFirst(written) }
        }
        text.removeAll(keepingCapacity: true)
    }
}

/// A text as a field of a line: quoted where it has to be.
private func field(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        byte != UInt8(ascii: ",") && byte != UInt8(ascii: "\"") && byte >= 0x20
    }
    guard !isPlain else { return text }
    var quoted = "\""
    for character in text {
        if character == "\"" { quoted.append(character) }
        quoted.append(character)
    }
    return quoted + "\""
}
