import Domain
import Glibc
import Learning
import LinearAlgebra
import Testing

@Suite("Optimizers")
struct OptimizerTests {
    private let start: [Float] = [2, -1, 0.5, -0.25, 3]
    private let rows = 4

    /// The gradient of the k-th step, summed over four rows.
    private func gradient(_ step: Int) -> [Float] {
        (0..<5).map { Float(($0 * 7 + step * 5) % 11) - 4 }
    }

    /// Where three steps lead.
    private func path(_ rule: OptimizerRule, penalty: Float = 0.1) -> [Float] {
        var search = Optimizer(
            rule,
            from: Vector(start),
            groups: [
                ParameterGroup(0..<3, penalty: penalty, isWeights: true),
                ParameterGroup(3..<5, penalty: 0, isWeights: false),
            ]
        )
        for step in 0..<3 { search.step(gradient: Vector(gradient(step)), rows: rows, rate: 0.1) }
        return search.parameters.array
    }

    /// Three steps of the formulas in Double; `move` gets θ, g without penalty, the step, and
    /// whether it moves weights.
    private func reference(
        _ move: (inout [Double], [Double], Int, Bool) -> Void
    ) -> [Double] {
        var parts = [start[..<3].map { Double($0) }, start[3...].map { Double($0) }]
        for step in 0..<3 {
            let mean = gradient(step).map { Double($0) / 4 }
            move(&parts[0], Array(mean[..<3]), step + 1, true)
            move(&parts[1], Array(mean[3...]), step + 1, false)
        }
        return parts[0] + parts[1]
    }

    private func expect(_ path: [Float], _ reference: [Double]) {
        // Some twenty roundings of numbers below 4.
        for (value, exact) in zip(path, reference) { #expect(abs(Double(value) - exact) < 4e-6) }
    }

    private func length(_ values: [Double]) -> Double {
        values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    @Test("Momentum, and Nesterov's in Sutskever's form", arguments: [false, true])
    func momentum(isNesterov: Bool) {
        var rule = OptimizerRule(.sgd, momentum: 0.8)
        rule.isNesterov = isNesterov
        rule.decay = 0.05
        var velocity = [[0.0, 0, 0], [0.0, 0]]
        let exact = reference { theta, slope, _, isWeights in
            let part = isWeights ? 0 : 1
            for i in theta.indices {
                let g = slope[i] + (isWeights ? 0.1 * theta[i] : 0)
                velocity[part][i] = 0.8 * velocity[part][i] + g
                let along = isNesterov ? g + 0.8 * velocity[part][i] : velocity[part][i]
                theta[i] -= 0.1 * along + (isWeights ? 0.1 * 0.05 * theta[i] : 0)
            }
        }
        expect(path(rule), exact)
    }

    @Test("Adagrad's rates shrink with the squares seen")
    func adagrad() {
        var squares = [[0.0, 0, 0], [0.0, 0]]
        let exact = reference { theta, slope, _, isWeights in
            for i in theta.indices {
                let g = slope[i] + (isWeights ? 0.1 * theta[i] : 0)
                squares[isWeights ? 0 : 1][i] += g * g
                theta[i] -= 0.1 * g / (squares[isWeights ? 0 : 1][i].squareRoot() + 1e-10)
            }
        }
        expect(path(OptimizerRule(.adagrad)), exact)
    }

    @Test("Adam, AdamW and LAMB", arguments: [OptimizerKind.adam, .adamw, .lamb])
    func adaptive(kind: OptimizerKind) {
        var rule = OptimizerRule(kind)
        rule.decay = kind == .adam ? 0 : 0.2
        var (first, second) = ([[0.0, 0, 0], [0.0, 0]], [[0.0, 0, 0], [0.0, 0]])
        let epsilon = kind == .lamb ? 1e-6 : 1e-8
        let exact = reference { theta, slope, step, isWeights in
            let part = isWeights ? 0 : 1
            let decay = isWeights ? Double(rule.decay) : 0
            let along = theta.indices.map { i in
                let g = slope[i] + (isWeights ? 0.1 * theta[i] : 0)
                first[part][i] = 0.9 * first[part][i] + 0.1 * g
                second[part][i] = 0.999 * second[part][i] + 0.001 * g * g
                let mean = first[part][i] / (1 - pow(0.9, Double(step)))
                let square = second[part][i] / (1 - pow(0.999, Double(step)))
                return mean / (square.squareRoot() + epsilon) + decay * theta[i]
            }
            let ratio = kind == .lamb && isWeights ? length(theta) / length(along) : 1
            for i in theta.indices { theta[i] -= 0.1 * ratio * along[i] }
        }
        expect(path(rule), exact)
    }

    @Test("LARS takes steps as long as a layer's weights allow")
    func lars() {
        var rule = OptimizerRule(.lars)
        rule.decay = 0.2
        var velocity = [[0.0, 0, 0], [0.0, 0]]
        let exact = reference { theta, slope, _, isWeights in
            let part = isWeights ? 0 : 1
            let decay = isWeights ? 0.3 : 0
            let ratio =
                isWeights
                ? 0.001 * length(theta) / (length(slope) + decay * length(theta)) : 1
            for i in theta.indices {
                velocity[part][i] = 0.9 * velocity[part][i] + ratio * (slope[i] + decay * theta[i])
                theta[i] -= 0.1 * velocity[part][i]
            }
        }
        expect(path(rule), exact)
    }

    @Test("A step in parts leads to the same bits as one in the whole", arguments: [1, 2, 4])
    func parts(cut: Int) {
        let groups = [ParameterGroup(0..<5, penalty: 0, isWeights: true)]
        var whole = Optimizer(OptimizerRule(.adamw), from: Vector(start), groups: groups)
        var parted = Optimizer(OptimizerRule(.adamw), from: Vector(start), groups: groups)
        for step in 0..<3 {
            let gradient = Vector(gradient(step))
            whole.step(gradient: gradient, rows: 4, rate: 0.1)
            parted.begin()
            parted.update(cut..<5, by: gradient, scale: 0.25, rate: 0.1)
            parted.update(0..<cut, by: gradient, scale: 0.25, rate: 0.1)
            parted.end()
        }
        #expect(whole.parameters.array == parted.parameters.array)
        #expect(whole.second.array == parted.second.array)
    }

    @Test("Each parameter can have a penalty of its own")
    func penalties() {
        let group = [ParameterGroup(0..<2, penalty: 0, isWeights: true)]
        var rule = OptimizerRule(.sgd, momentum: 0.5)
        rule.decay = 0.25
        var search = Optimizer(rule, from: Vector([2, -1]), groups: group, penalties: [0.5, 0])
        let gradient = Vector([4, 8, 99])
        search.step(gradient: gradient, rows: 4, rate: 0.5)
        // v = 4/4 + 0.5·2 = 2, θ = 2 − 0.5·2 − 0.5·0.25·2; then v = 8/4, θ = −1 − 1 + 0.125.
        #expect(search.first.array == [2, 2])
        #expect(search.parameters.array == [0.75, -1.875])
    }

    @Test("A step over no rows moves nothing", arguments: OptimizerKind.allCases)
    func noRows(kind: OptimizerKind) {
        let group = [ParameterGroup(0..<1, penalty: 1, isWeights: true)]
        var search = Optimizer(OptimizerRule(kind), from: Vector([1]), groups: group)
        search.step(gradient: Vector([5]), rows: 0, rate: 1)
        #expect(search.parameters.array == [1])
        #expect(search.steps == 0)
    }

    @Test("The mean is that of the steps since it began, and the search goes on from it at rest")
    func mean() {
        var rule = OptimizerRule(.sgd, momentum: 0)
        rule.isAveraged = true
        let group = [ParameterGroup(0..<1, penalty: 0, isWeights: true)]
        var search = Optimizer(rule, from: Vector([0]), groups: group)
        search.step(gradient: Vector([8]), rows: 1, rate: 1)
        search.beginAverage()
        var path: [Float] = []
        for push: Float in [-16, 4, -8, 2] {
            search.step(gradient: Vector([push]), rows: 1, rate: 1)
            path.append(search.parameters[0])
        }
        #expect(path == [8, 4, 12, 10])
        #expect(search.average.array == [8.5])
        search.settle()
        #expect(search.parameters.array == [8.5])
        #expect(search.first.array == [0])
        search.settle()
        #expect(search.parameters.array == [8.5], "with nothing averaged it stays where it is")
    }
}

@Suite("Schedules of the rate")
struct ScheduleTests {
    @Test("The cosine is that of the library, from 1 to 0")
    func cosine() {
        let schedule = RateSchedule(.cosine, warmup: 0, epochs: 8)
        for time in stride(from: 0.0, through: 8, by: 0.25) {
            let exact = (1 + cos(time / 8 * Double.pi)) / 2
            #expect(abs(schedule.factor(at: time, step: 0.1) - exact) < 1e-14)
        }
        #expect(schedule.factor(at: 9, step: 0.1) < 1e-14)
    }

    @Test("One cycle rises for three tenths and falls to nothing")
    func oneCycle() {
        let schedule = RateSchedule(.onecycle, warmup: 0, epochs: 10)
        let factors = stride(from: 0.0, through: 10, by: 0.5).map {
            schedule.factor(at: $0, step: 0.1)
        }
        #expect(abs(factors[0] - 0.04) < 1e-12)
        #expect(abs(factors[6] - 1) < 1e-12)
        #expect(abs(factors[20] - 4e-6) < 1e-12)
        #expect(zip(factors[...6], factors[1...6]).allSatisfy { $0 < $1 })
        #expect(zip(factors[6...], factors[7...]).allSatisfy { $0 > $1 })
    }

    @Test("The inverse divides by the root of the epochs, the others leave the rate as it is")
    func plain() {
        #expect(RateSchedule(.inverse, warmup: 0, epochs: 9).factor(at: 3, step: 0.1) == 0.5)
        for schedule in [Schedule.constant, .step] {
            let plain = RateSchedule(schedule, warmup: 0, epochs: 9)
            #expect(plain.factor(at: 7, step: 0.1) == 1)
        }
    }

    @Test("A warm-up rises to the rate, and its first step is none of length zero")
    func warmup() {
        let schedule = RateSchedule(.constant, warmup: 2, epochs: 10)
        #expect(schedule.factor(at: 0, step: 0.5) == 0.25)
        #expect(schedule.factor(at: 0.5, step: 0.5) == 0.5)
        #expect(schedule.factor(at: 1.5, step: 0.5) == 1)
        #expect(schedule.factor(at: 6, step: 0.5) == 1)
    }
}
