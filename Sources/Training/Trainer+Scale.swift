import Domain
import Learning
import LinearAlgebra

/// The scale that was asked for, in which penalties count, and the model over it.
extension Trainer {
    /// The scale that was asked for.
    var given: ColumnScaling? {
        guard !state.givenFactors.isEmpty else { return nil }
        return ColumnScaling(centers: state.givenCenters, factors: state.givenFactors)
    }

    /// What the given scale takes away from a column.
    func givenCenter(_ column: Int) -> Double {
        state.givenCenters.isEmpty ? 0 : Double(state.givenCenters[column])
    }

    /// What the given scale multiplies a column with.
    func givenFactor(_ column: Int) -> Double {
        state.givenFactors.isEmpty ? 1 : Double(state.givenFactors[column])
    }

    /// The search's factor of a column upon the given scale.
    func factorUponGiven(_ column: Int) -> Double {
        Double(state.factors[column]) / givenFactor(column)
    }

    /// The model of linear scores at parameters in the coordinates of the search.
    ///
    /// A scale becomes part of weights and bias. Where it takes something away and no free bias
    /// can give it back, it stays with the model, which then takes scaled features.
    func linearModel(_ scaled: borrowing Vector) -> (shape: ModelShape, words: [Float]) {
        var shape = task.shape
        guard let given, given.isCentering, task.spec.bias != .free else {
            return (shape, scaling.raw(scaled, of: model).array)
        }
        shape.isScaled = true
        let parameters = scaling.parameters(scaled, of: model, over: given)
        return (shape, given.centers + given.factors + parameters.array)
    }

    /// The threshold that does best on the validation rows `held`; nil where none was asked for.
    func chosenCut(_ held: ScoredRows, _ shape: ModelShape) throws(TrainingError) -> Cut? {
        guard let wanted = task.spec.weighing.threshold else { return nil }
        let rule: CutRule =
            switch wanted {
            case .f1: .f1
            case .cost(let positive, let negative):
                .cost(falsePositive: positive, falseNegative: negative)
            }
        let counts = try measure(held).rowsByClass
        return try walks(held, counts, by: shape, choosing: rule).first?.cut
    }
}
