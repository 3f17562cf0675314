public import ArgumentParser
public import ControlAPI
public import Domain

// What the contract calls a value, a person types.
extension Bias: ExpressibleByArgument {}
extension LossPolicy: ExpressibleByArgument {}
extension ModelExport.Format: ExpressibleByArgument {}
extension ModelKind: ExpressibleByArgument {}
extension ReadingOptions.Format: ExpressibleByArgument {}
extension ReadingOptions.Missing: ExpressibleByArgument {}
extension Schedule: ExpressibleByArgument {}
