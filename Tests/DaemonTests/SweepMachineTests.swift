import Domain
import Testing

@testable import Daemon

@Suite("What a sweep starts, stops and keeps")
struct SweepMachineTests {
    typealias Job = SweepMachine.Job
    typealias Score = SweepMachine.Score

    private func spec(_ count: Int, folds: Int? = nil, parallel: Int = 1) -> SweepSpec {
        var spec = SweepSpec(
            trials: (1...count).map {
                SweepTrial(
                    options: "lr=\($0)",
                    spec: RunSpec(algorithm: .sgd, dataset: DatasetName(checked: "toys"))
                )
            }
        )
        spec.folds = folds
        spec.parallel = parallel
        return spec
    }

    /// Runs the machine to its end; each job's score is told by `score`.
    private func play(
        _ spec: SweepSpec,
        _ score: (Job) -> Score?
    ) -> (jobs: [Job], end: SweepMachine.Action, crowned: Int?) {
        var machine = SweepMachine(spec)
        var jobs: [Job] = []
        var open: [Job] = []
        var crowned: Int?
        while true {
            switch machine.next() {
            case .start(let job):
                jobs.append(job)
                open.append(job)
            case .wait:
                let job = open.removeFirst()
                machine.ended(job, score(job), because: "diverged")
            case .crown(let trial): crowned = trial
            case let end: return (jobs, end, crowned)
            }
        }
    }

    @Test("Every trial runs once in order, and the best is crowned", arguments: [1, 2, 5])
    func order(parallel: Int) {
        let played = play(spec(4, parallel: parallel)) {
            Score(value: [0.5, 0.9, 0.7, 0.9][$0.trial - 1], loss: $0.trial == 4 ? 0.1 : 0.2)
        }
        #expect(played.jobs == (1...4).map { Job(trial: $0, fold: nil) })
        #expect(played.crowned == 4, "of equals the one with the smaller loss")
        #expect(played.end == .end)
    }

    @Test("Equals in everything: the first is crowned")
    func ties() {
        #expect(play(spec(3)) { _ in Score(value: 1, loss: 0) }.crowned == 1)
    }

    @Test("At most so many runs at a time", arguments: [1, 2, 3])
    func parallel(limit: Int) {
        var machine = SweepMachine(spec(5, parallel: limit))
        for _ in 0..<limit {
            guard case .start = machine.next() else {
                Issue.record("a run should start")
                return
            }
        }
        #expect(machine.next() == .wait)
        machine.ended(Job(trial: 1, fold: nil), Score(value: 0, loss: 0), because: "")
        #expect(machine.next() == .start(Job(trial: limit + 1, fold: nil)))
    }

    @Test("With folds the mean over them decides")
    func folds() {
        let played = play(spec(2, folds: 3)) { job in
            let values = job.trial == 1 ? [1, 0, 0.5] : [0.6, 0.6, 0.6]
            return Score(value: values[job.fold ?? 0], loss: 0)
        }
        #expect(played.jobs.count == 6)
        #expect(played.crowned == 2)
    }

    @Test("A trial whose run has no score is out, with its other folds")
    func out() {
        let played = play(spec(2, folds: 3)) { job in
            job.trial == 1 ? nil : Score(value: -5, loss: 9)
        }
        #expect(played.jobs == [Job(trial: 1, fold: 0)] + (0..<3).map { Job(trial: 2, fold: $0) })
        #expect(played.crowned == 2)
    }

    @Test("Where nothing could be measured it says how the trials ended")
    func nothing() {
        let end = play(spec(2)) { _ in nil }.end
        #expect(
            end
                == .fail(
                    reason: "no trial could be measured: trial 1 ended diverged, trial 2 ended "
                        + "diverged"
                )
        )
    }

    @Test("Whoever is not in the best third after as many epochs falls behind")
    func halving() {
        var asked = spec(6, parallel: 6)
        asked.isHalving = true
        var machine = SweepMachine(asked)
        for _ in 1...6 { _ = machine.next() }
        let losses = [0.5, 0.9, 0.6, 0.4, 0.45, 0.3]
        let stopped = losses.indices.filter {
            machine.reached(Job(trial: $0 + 1, fold: nil), epochs: 1, loss: losses[$0])
        }
        // 1 and 2 are not judged; 3 is second of three, of which one stays; 4 is first of four;
        // 5 is second of five, 6 first of six: two stay.
        #expect(stopped == [2])
        #expect(machine.behind == [3])
        #expect(machine.standing(of: 3) == .behind)
        let wasReached1 = machine.reached(Job(trial: 6, fold: nil), epochs: 1, loss: 9)
        #expect(!wasReached1, "judged once")
        #expect(machine.nextRung(of: Job(trial: 6, fold: nil)) == 3)
        #expect(machine.nextRung(of: Job(trial: 3, fold: nil)) == nil)
        #expect(machine.reached(Job(trial: 1, fold: nil), epochs: 3, loss: 5) == false)
    }

    @Test("A trial that fell behind is never crowned, even if its run ends with a score")
    func behindStaysOut() {
        var asked = spec(3, parallel: 3)
        asked.isHalving = true
        var machine = SweepMachine(asked)
        for _ in 1...3 { _ = machine.next() }
        for trial in 1...3 {
            let isBehind = machine.reached(
                Job(trial: trial, fold: nil),
                epochs: 1,
                loss: Double(trial)
            )
            #expect(isBehind == (trial == 3))
        }
        for trial in 1...3 {
            let score = Score(value: Double(trial), loss: 0)
            machine.ended(Job(trial: trial, fold: nil), score, because: "")
        }
        #expect(machine.next() == .crown(trial: 2))
        #expect(machine.next() == .end)
    }

    @Test("Without halving nobody falls behind")
    func noHalving() {
        var machine = SweepMachine(spec(5, parallel: 5))
        for trial in 1...5 {
            _ = machine.next()
            let job = Job(trial: trial, fold: nil)
            let wasReached2 = machine.reached(job, epochs: 1, loss: Double(trial))
            #expect(!wasReached2)
        }
        #expect(machine.nextRung(of: Job(trial: 1, fold: nil)) == nil)
    }

    @Test("What had run before a restart is not run again")
    func restart() {
        var machine = SweepMachine(spec(3, folds: 2))
        machine.leftBehind(1)
        for fold in 0..<2 {
            let job = Job(trial: 2, fold: fold)
            machine.ended(job, Score(value: 1, loss: 0), because: "")
        }
        #expect(machine.next() == .start(Job(trial: 3, fold: 0)))
    }
}
