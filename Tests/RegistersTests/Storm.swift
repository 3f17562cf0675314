import Domain
import Registers

/// A random story: who asks for what, and what breaks meanwhile.
enum Storm {
    static func simulation(seed: UInt64, sabotage: Plan.Sabotage? = nil) -> Simulation {
        var random = Generator(seed: seed ^ 0x5707_2A11)
        var plan = Plan()
        plan.hosts = [3, 3, 3, 3, 3, 5, 2, 1][random.below(8)]
        plan.isBlank = random.below(8) == 0
        plan.sabotage = sabotage
        plan.lossOdds = [0, 0, 50, 200][random.below(4)]
        plan.doubleOdds = [0, 100][random.below(2)]
        plan.slowOdds = [0, 100, 300][random.below(3)]
        plan.crashOdds = [0, 0, 3, 10][random.below(4)]
        // Who is alone has nobody to remember for it.
        let disaster = plan.hosts == 1 ? 5 : random.below(6)
        if disaster == 2 {
            // A disk that goes back in time unknown to anybody here is found out by those who
            // counted the votes that it lost; if they are out of reach too, that is one fault
            // more than three nodes can bear.
            plan.hearsWitnesses = true
            plan.crashOdds = 0
        }
        let simulation = Simulation(seed: seed, plan: plan)
        addClients(to: simulation, plan, &random)
        addFaults(disaster, to: simulation, plan, &random)
        return simulation
    }

    private static func addClients(
        to simulation: Simulation,
        _ plan: Plan,
        _ random: inout Generator
    ) {
        for _ in 0..<2 + random.below(3) {
            let client = Simulation.Client(
                host: random.below(plan.hosts),
                key: SimulationTests.key,
                electorate: .members,
                wish: [.claim, .update, .update, .read][random.below(4)]
            )
            simulation.schedule(.client(client), at: 30 + random.below(400))
        }
    }

    /// One kind of disaster at a time, so that no more than a minority forgets or is away.
    private static func addFaults(
        _ disaster: Int,
        to simulation: Simulation,
        _ plan: Plan,
        _ random: inout Generator
    ) {
        let host = random.below(plan.hosts)
        let early = 40 + random.below(150)
        let late = early + 20 + random.below(200)
        switch disaster {
        case 0:
            simulation.schedule(.fault(.replace(host)), at: late)
        case 1:
            simulation.schedule(.fault(.copy(host)), at: early)
            simulation.schedule(.fault(.restore(host, isTold: true)), at: late)
        case 2:
            simulation.schedule(.fault(.copy(host)), at: early)
            simulation.schedule(.fault(.restore(host, isTold: false)), at: late)
        case 3:
            for _ in 0..<1 + random.below(2) {
                let victim = random.below(plan.hosts)
                simulation.schedule(.fault(.freeze(victim, 50 + random.below(400))), at: early)
            }
        case 4:
            for other in 0..<plan.hosts where other != host {
                if random.below(3) > 0 { simulation.schedule(.fault(.cut(host, other)), at: early) }
                if random.below(3) > 0 { simulation.schedule(.fault(.cut(other, host)), at: early) }
            }
            simulation.schedule(.fault(.heal), at: late + random.below(300))
        default:
            simulation.schedule(.fault(.crash(host)), at: early)
            simulation.schedule(.fault(.restart(host)), at: late)
        }
    }
}
