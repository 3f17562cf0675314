import ArgumentParser
import Domain

/// The options that only support vector machines have.
struct SVMOptions: ParsableArguments {
    @Option(
        name: .customLong("C"),
        help: ArgumentHelp("C of ½‖ω‖² + C·Σ ξ, a sum over rows.", valueName: "C")
    )
    var cost = 1.0

    @Option(help: "The charge for a missed margin: ξ, or ξ².")
    var loss = SVMLoss.hinge

    @Option(help: "More than two classes: one machine a class, or one for all.")
    var multiclass = Multiclass.oneVsRest

    @OptionGroup(title: "Options of a kernel machine") var kernel: KernelOptions

    /// What was asked for.
    var spec: SVMSpec {
        var spec = SVMSpec()
        spec.cost = cost
        spec.loss = loss
        spec.multiclass = multiclass
        kernel.fill(&spec)
        return spec
    }
}
