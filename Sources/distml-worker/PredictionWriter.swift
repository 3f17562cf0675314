import Datasets
import Domain
import Glibc
import Training
import Transport
import WorkerLink

/// Writes predictions as lines: class or value, then probabilities where wanted.
struct PredictionWriter {
    private let descriptor: Int32
    private let classes: [String]?
    private let wantsProbabilities: Bool
    private var text: [UInt8] = []
    private var failure: Int32 = 0

    init(_ job: PredictionJob, to descriptor: Int32) {
        self.descriptor = descriptor
        if case .classes(let names) = job.labels {
            classes = names.map(field)
            wantsProbabilities = job.wantsProbabilities
        } else {
            classes = nil
            wantsProbabilities = false
        }
    }

    mutating func append(_ predictions: Predictions) {
        let count = predictions.values.count
        let each = count == 0 ? 0 : predictions.probabilities.count / count
        for (row, value) in predictions.values.enumerated() {
            text.append(contentsOf: name(of: value).utf8)
            if wantsProbabilities {
                for probability in predictions.probabilities[row * each..<(row + 1) * each] {
                    text.append(UInt8(ascii: ","))
                    text.append(contentsOf: "\(probability)".utf8)
                }
            }
            text.append(UInt8(ascii: "\n"))
        }
        if text.count >= 1 << 20 { flush() }
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
