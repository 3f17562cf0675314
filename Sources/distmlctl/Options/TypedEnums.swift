public import ArgumentParser
public import ControlAPI
public import Domain

// What the contract calls a value, a person types.
extension Balance: ExpressibleByArgument {}
extension Bias: ExpressibleByArgument {}
extension FeatureMap: ExpressibleByArgument {}
extension FeatureScale: ExpressibleByArgument {}
extension KernelKind: ExpressibleByArgument {}
extension KernelMode: ExpressibleByArgument {}
extension LossPolicy: ExpressibleByArgument {}
extension MetricName: ExpressibleByArgument {}
extension Multiclass: ExpressibleByArgument {}
extension ModelExport.Format: ExpressibleByArgument {}
extension ModelPredict.Format: ExpressibleByArgument {}
extension ModelKind: ExpressibleByArgument {
    /// Those that a descent can fit.
    public static var allValueStrings: [String] { ["linear", "logistic", "softmax"] }

    /// The kind that a person typed.
    public init?(argument: String) {
        guard ModelKind.allValueStrings.contains(argument) else { return nil }
        self.init(rawValue: argument)
    }
}
extension OptimizerKind: ExpressibleByArgument {}
extension ReadingOptions.Format: ExpressibleByArgument {}
extension ReadingOptions.Missing: ExpressibleByArgument {}
extension SVMLoss: ExpressibleByArgument {}
extension Schedule: ExpressibleByArgument {}
