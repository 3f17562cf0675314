import ControlAPI
import Domain
import JSONRPC
import ModelFormats

extension ModelContents {
    /// A model with what its manifest says of it: everything but hash, size and metrics.
    init(_ manifest: ModelManifest, words: [Float]) {
        let shape = manifest.shape
        var facts = [
            ("format", "distml-model/2"), ("name", manifest.name.text), ("run", manifest.run.text),
            ("kind", shape.kind.rawValue), ("algorithm", manifest.algorithm.rawValue),
            ("dataset", manifest.dataset.text),
            ("dataset_version", manifest.datasetVersion.description),
            ("bias", shape.bias.rawValue), ("bias_scale", "\(shape.biasScale)"),
            ("shape", json(shape)), ("mapping", json(manifest.mapping)),
        ]
        if case .classes(let names) = manifest.labels { facts.append(("classes", json(names))) }
        self.init(
            shape: shape,
            words: words,
            classes: manifest.classes,
            facts: facts.map { (name: $0.0, value: $0.1) }
        )
    }

    /// The model in a form that other programs read.
    func written(
        as format: ModelExport.Format,
        of manifest: ModelManifest
    ) throws(FormatRefusal) -> WrittenModel {
        switch format {
        case .safetensors: Safetensors.write(self)
        case .onnx: try ONNXModel.write(self)
        case .liblinear: try LIBLINEARModel.write(self)
        case .libsvm:
            try LIBSVMModel.write(self, indexBase: manifest.mapping.indexBase ?? 1)
        }
    }
}

/// A value as JSON; what we put in can always be written.
private func json(_ value: some Codable & Sendable) -> String {
    guard let bytes = try? JSONCoding.encode([value]) else { return "\"\"" }
    // One value in a list, because not every coder takes a bare text.
    return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
}
