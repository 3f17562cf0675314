import Domain
import Learning
import LinearAlgebra

extension Trainer {
    /// Chooses the rate by a range test, and says so; nothing is chosen where the loss never fell.
    func chooseRateByTrying() throws(TrainingError) {
        let test = try testRates()
        // What is no number has no place in a plot.
        state.rateTrial = zip(test.points, test.smoothed).filter { $1.isFinite }
            .flatMap { [$0.rate, $1 * lossUnit] }
        guard let choice = test.choice else {
            choices.rateSource = "in a range test no rate lowered the loss; "
            return
        }
        choices.learningRate = choice.rate
        choices.rateSource = choice.reason
    }

    /// Tries growing rates on the steps that training would take, from the parameters it would
    /// start with; nothing of it stays but what the losses say.
    ///
    /// All ranks see the same sums, so all make the same choice.
    func testRates() throws(TrainingError) -> RangeTest {
        let descent = try makeDescent()
        var numbers = training
        var generator = SeededGenerator(seed: task.spec.seed, 0x7261_7465, UInt64(reducer.rank))
        shuffle(&numbers, using: &generator)
        let stepsPerEpoch = (totalRows + choices.batch - 1) / choices.batch
        var test = RangeTest()
        var advice = RangeTest.Advice.step(rate: test.rate)
        var step = -1
        while case .step(let rate) = advice {
            step += 1
            let place = step % stepsPerEpoch
            func rows(_ rank: Int) -> Range<Int> {
                let count = rowsOfRanks[rank]
                return count * place / stepsPerEpoch..<count * (place + 1) / stepsPerEpoch
            }
            let stepRows = (0..<reducer.worldSize).reduce(0) { $0 + rows($1).count }
            // With batches below the number of ranks some steps have no row, and so no loss.
            guard stepRows > 0 else { continue }
            let order = StepOrder(
                numbers: numbers[rows(reducer.rank)],
                following: [],
                rows: stepRows,
                rate: Float(rate),
                seed: StepSeed(run: task.spec.seed, step: step, rank: reducer.rank),
                tail: StepTail(),
                isHeldBack: false,
                isLast: true
            )
            let result: StepResult
            do { result = try descent.take(order) } catch { throw .learning(error) }
            observer.tick()
            state.rowsRead += Double(stepRows)
            switch result {
            case .agreed(let tail, let rows):
                advice = test.handle(loss: Double(tail.loss) / Double(Swift.max(1, rows)))
            case .alone, .bad: advice = test.handle(loss: .infinity)
            }
        }
        return test
    }
}
