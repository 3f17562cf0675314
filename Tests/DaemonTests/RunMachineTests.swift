import Domain
import Testing

@testable import Daemon

@Suite("The life of a run on one node")
struct RunMachineTests {
    let done = RunResult(outcome: .converged, rule: "plateau")
    let cause = Cause(node: NodeID(checked: "b"), rank: Rank(1), step: 7, reason: "worker died")
    var lost: RunResult { RunResult(outcome: .nodesLost, rule: "a node was lost", cause: cause) }

    func machine(after events: [RunMachine.Event]) -> RunMachine {
        var machine = RunMachine()
        for event in events { _ = machine.handle(event) }
        return machine
    }

    @Test("A run that ends well is proposed, agreed and published")
    func good() {
        var machine = RunMachine()
        #expect(machine.handle(.begin) == [.start])
        #expect(machine.handle(.localEnd(done)) == [.propose(done)])
        #expect(machine.provisional == done)
        #expect(machine.handle(.agreed(done)) == [.publish(done)])
        #expect(machine.provisional == nil)
        #expect(machine.state == .final(done))
    }

    @Test("What the register says wins over what was seen here")
    func registerWins() {
        var machine = machine(after: [.begin, .localEnd(done)])
        #expect(machine.handle(.agreed(lost)) == [.publish(lost)])
    }

    @Test("An end that cannot reach the register stays provisional and is tried again")
    func provisional() {
        var machine = machine(after: [.begin, .localEnd(lost)])
        #expect(machine.handle(.unreachable) == [.retryLater])
        #expect(machine.provisional == lost)
        #expect(machine.handle(.retry) == [.propose(lost)])
    }

    @Test("An abort halts the ring with its cause, and the end comes from the ring")
    func abort() {
        var machine = machine(after: [.begin])
        #expect(machine.handle(.abort(cause)) == [.halt(cause)])
        #expect(machine.handle(.localEnd(lost)) == [.propose(lost)])
    }

    @Test("A prepared run that is never begun ends, and does not begin afterwards")
    func neverBegun() {
        var machine = RunMachine()
        #expect(machine.handle(.localEnd(lost)) == [.propose(lost)])
        #expect(machine.handle(.begin) == [])
    }

    @Test("An agreed end stops what still runs here")
    func late() {
        var machine = machine(after: [.begin])
        let actions = machine.handle(.agreed(lost))
        #expect(actions.last == .publish(lost))
        #expect(actions.count == 2)
        #expect(machine.handle(.localEnd(done)) == [])
    }

    @Test("A generation that was overtaken does nothing any more")
    func superseded() {
        var machine = machine(after: [.begin, .localEnd(done)])
        #expect(machine.handle(.higherGeneration) == [.forget])
        for event: RunMachine.Event in [.begin, .localEnd(done), .agreed(done), .retry] {
            #expect(machine.handle(event) == [])
        }
    }
}
