import ArgumentParser
import Domain

/// A model as typed: `logistic`, `mlp:256,128`, `cnn:32c3,p2,128`.
struct TypedModel: Equatable {
    let kind: ModelKind
    let network: NetworkSpec?

    /// What completion offers.
    static let examples =
        ModelKind.allValueStrings + ["mlp:256,128", "cnn:32c3,p2,64c3,p2,128"]

    /// Reads what a person typed; a network's fault is told by its layer.
    static func typed(_ text: String) throws -> TypedModel {
        if let kind = ModelKind(argument: text) { return TypedModel(kind: kind, network: nil) }
        let name = text.prefix { $0 != ":" }
        guard name == "mlp" || name == "cnn" else {
            throw ValidationError(
                "'\(text)' is no model: use \(ModelKind.allValueStrings.joined(separator: ", ")), "
                    + "mlp:256,128 or cnn:32c3,p2,128"
            )
        }
        do {
            return TypedModel(kind: name == "cnn" ? .cnn : .mlp, network: try NetworkSpec(text))
        } catch {
            throw ValidationError("'\(text)': \(error)")
        }
    }
}
