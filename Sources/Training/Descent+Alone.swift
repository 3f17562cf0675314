import Learning
import LinearAlgebra

// Local SGD: every rank takes H steps on its own rows, then all take the mean of where they are,
// each weighted by the rows that it saw:
//
//     θ ← Σᵣ nᵣ/n · θᵣ, and likewise the moments, n = Σᵣ nᵣ the rows since they last agreed
//
// The moments are averaged too, or the ranks would pull in directions that the others left; so
// all state is the same everywhere after it, as a checkpoint needs.
// Sources: Stich, "Local SGD converges fast and communicates little", ICLR 2019; the moments: Yu,
// Jin & Yang, "On the linear speedup analysis of communication efficient momentum SGD", ICML 2019.

extension Descent {
    /// Takes one step alone, and agrees with the others when it is time.
    func takeAlone(_ order: StepOrder) throws(LearningError) -> StepResult {
        let mine = order.numbers.count
        var loss = 0.0
        try gather(order) { parameters, batch throws(ReducerError) in
            loss = differentiator.loss(at: parameters, over: batch, step: order.seed)
            differentiator.writeGradient(at: parameters, over: batch, into: &own) { _, _ in }
        }
        if let centered { rows.centering.correct(&own, of: centered) }
        search.begin()
        if mine > 0 {
            let scale = Float(scale(of: own, rows: mine))
            search.update(0..<count, by: own, scale: scale, rate: order.rate)
        }
        alone.steps += 1
        alone.rows += order.rows
        alone.ownRows += mine
        alone.tail.loss += Float(loss)
        alone.tail.stops = Swift.max(alone.tail.stops, order.tail.stops)
        alone.tail.isOutOfTime = Swift.max(alone.tail.isOutOfTime, order.tail.isOutOfTime)
        alone.tail.wantsSave = Swift.max(alone.tail.wantsSave, order.tail.wantsSave)
        guard order.isLast || alone.steps >= syncEvery ?? 1 else { return .alone }
        return try agree()
    }

    private func agree() throws(LearningError) -> StepResult {
        let rows = alone.rows
        let share = rows > 0 ? Float(Double(alone.ownRows) / Double(rows)) : 0
        let end = search.vectorCount * count
        if rows > 0 { search.write(times: share, to: &shared) } else { shared.clear(0..<end) }
        alone.tail.write(to: &shared, at: end)
        alone = (0, 0, 0, StepTail())
        try LearningError.wrap { () throws(ReducerError) in try reducer.sum(&shared) }
        guard isFinite(shared, in: 0..<end + StepTail.count) else { return .bad }
        if rows > 0 {
            search.read(from: shared)
            search.end()
        }
        return .agreed(StepTail(shared, at: end), rows: rows)
    }
}
