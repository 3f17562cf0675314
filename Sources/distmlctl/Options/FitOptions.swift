import ArgumentParser
import Domain

/// What is fitted, and its penalty: for all but support vector machines, which have their own.
struct FitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What to fit; by default what the labels call for.",
            discussion: """
                linear, logistic, softmax, or for sgd a network: mlp:256,128 has dense layers of \
                256 and 128 units, cnn:32c3,p2,128 a convolution of 32 channels by kernels of \
                3 × 3, a pooling of 2 × 2 and a dense layer. d0.2 leaves 20 % out while training; \
                tanh or gelu takes the place of relu.
                """,
            valueName: "model"
        ),
        completion: .list(TypedModel.examples),
        transform: TypedModel.typed
    )
    var model: TypedModel?

    @Option(help: ArgumentHelp("λ of the penalty λ/2·‖ω‖².", valueName: "λ"))
    var l2: Double?

    /// Adds what was said to `spec`.
    func fill(_ spec: inout RunSpec) {
        spec.model = model?.kind
        spec.network = model?.network
        spec.l2 = l2
    }
}
