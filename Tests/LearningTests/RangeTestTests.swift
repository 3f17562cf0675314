import Glibc
import Learning
import Testing

@Suite("Finding a rate by trying")
struct RangeTestTests {
    /// The trial of a search whose loss is a function of the step and its rate.
    private func trial(_ loss: (Int, Double) -> Double) -> RangeTest {
        var test = RangeTest()
        var step = 0
        while case .step = test.handle(loss: loss(step, test.rate)) { step += 1 }
        return test
    }

    @Test("Rates grow by the same factor from 1e-6 to 100, in 241 steps at most")
    func rates() {
        let test = trial { _, _ in 1 }
        #expect(test.points.count == 241)
        #expect(test.points.first?.rate == 1e-6)
        #expect(test.isDone && !test.hasExploded)
        for (place, point) in test.points.enumerated() {
            // 240 multiplications of numbers with 53 bits.
            let expected = 1e-6 * pow(10, Double(place) / 30)
            #expect(abs(point.rate / expected - 1) < 1e-12)
        }
    }

    @Test(
        "On a bowl the choice is stable, and within a hundredth of the largest stable rate",
        arguments: [1.0, 30, 1000]
    )
    func bowl(curvature: Double) throws {
        // ½cθ² by plain steps: stable below 2/c.
        var parameter = 1.0
        let test = trial { _, rate in
            let loss = curvature * parameter * parameter / 2
            parameter -= rate * curvature * parameter
            return loss
        }
        let choice = try #require(test.choice)
        #expect(test.hasExploded)
        #expect(choice.rate < 2 / curvature)
        #expect(choice.rate > 0.02 / curvature)
        #expect(try #require(choice.explodedAt) > 2 / curvature)
    }

    @Test("The choice is a third of the rate at which the smoothed loss is least")
    func valley() throws {
        // A parabola in the logarithm of the rate, least at step 130, and at last an explosion.
        let test = trial { step, _ in
            step < 200 ? 0.2 + Double((step - 130) * (step - 130)) / 20_000 : 9
        }
        let choice = try #require(test.choice)
        #expect(choice.leastAt == RangeTest.rate(ofStep: 130))
        #expect(choice.rate == choice.leastAt / 3)
        #expect(try #require(choice.explodedAt) == RangeTest.rate(ofStep: 200))
        #expect(choice.reason.contains("a third of 0.0215"))
    }

    @Test("The smoothed losses are means over 7 neighbours on each side, fewer at the ends")
    func smoothing() {
        var state: UInt64 = 7
        let test = trial { _, _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return 1 + Double(state >> 40) * 0x1p-26
        }
        for (mine, naive) in zip(test.smoothed, naiveSmoothed(test)) {
            // Sums of up to 15 numbers.
            #expect(abs(mine - naive) < 1e-14)
        }
    }

    private func naiveSmoothed(_ test: RangeTest) -> [Double] {
        let losses = test.points.map(\.loss)
        return losses.indices.map { place in
            var reach = 7
            while place - reach < 0 || place + reach >= losses.count { reach -= 1 }
            var sum = 0.0
            for near in place - reach...place + reach { sum += losses[near] }
            return sum / Double(2 * reach + 1)
        }
    }

    @Test("A loss that is no number ends the trial at once", arguments: [Double.nan, .infinity])
    func explosion(loss: Double) throws {
        let test = trial { step, _ in step < 50 ? 1 : step < 120 ? 0.5 : loss }
        #expect(test.points.count == 121)
        #expect(test.hasExploded)
        let choice = try #require(test.choice)
        #expect(choice.explodedAt == RangeTest.rate(ofStep: 120))
        #expect(choice.leastAt < RangeTest.rate(ofStep: 120))
    }

    @Test("A loss that never fell gives no choice, whether it exploded or not")
    func noFall() {
        #expect(trial { _, _ in 3 }.choice == nil)
        #expect(trial { step, _ in step < 60 ? 3 : 9 }.choice == nil)
        #expect(trial { step, _ in step < 4 ? 3 : .nan }.choice == nil)
    }

    @Test("A loss that falls to the end chooses a third of the greatest rate")
    func neverRises() throws {
        let choice = try #require(trial { step, _ in 1 / Double(step + 1) }.choice)
        #expect(choice.leastAt == RangeTest.rate(ofStep: 240))
        #expect(choice.explodedAt == nil)
    }
}
