import Domain
import Registers
import Testing

@Suite("Registers in a simulated cluster")
struct SimulationTests {
    static let key = RegisterKey("dataset/default/digits")

    /// 8 × 1,000 seeds; a failure prints its seed, and `storm` with that seed replays it.
    @Test("Whatever happens, every register behaves as one", arguments: 0..<8)
    func storms(part: UInt64) {
        for seed in part * 1_000..<(part + 1) * 1_000 { storm(seed) }
    }

    private func storm(_ seed: UInt64) {
        if let fault = Storm.simulation(seed: seed).play() {
            Issue.record("seed \(seed): \(fault)")
        }
    }

    @Test("The check finds a program that breaks its word", arguments: Plan.Sabotage.allCases)
    func sabotage(sabotage: Plan.Sabotage) {
        let faults = (0..<2_000 as Range<UInt64>).lazy.compactMap { seed in
            Storm.simulation(seed: seed, sabotage: sabotage).play()
        }
        // Two values of one version, or a step back in time; not merely somebody who waits.
        let broken = faults.first { $0.contains("version") || $0.contains("write") }
        #expect(broken != nil, "2,000 seeds, and no history that one register could not have")
    }

    @Test("A seed tells the same story twice")
    func replay() {
        let stories = (0..<2).map { _ in
            let simulation = Storm.simulation(seed: 4_711)
            let fault = simulation.play()
            return "\(simulation.messages) \(simulation.history.entries) \(fault ?? "")"
        }
        #expect(stories[0] == stories[1])
    }

    /// 700 seeds.
    @Test("Of two who add one name at once, exactly one gets it")
    func twoAdds() {
        for seed in 0..<700 as Range<UInt64> {
            let simulation = Simulation(seed: seed, plan: Plan(lossOdds: 30, slowOdds: 100))
            for host in [0, 1] { simulation.schedule(.client(claim(host)), at: 30) }
            check(simulation, seed) { writes in
                let winners = writes.count { if case .committed = $0 { true } else { false } }
                return winners <= 1
            }
        }
    }

    /// 700 seeds.
    @Test("A claimant that froze wakes up and changes nothing")
    func frozenClaimant() {
        for seed in 0..<700 as Range<UInt64> {
            var plan = Plan()
            plan.deadline = 2_000
            plan.calmAt = 3_000
            let simulation = Simulation(seed: seed, plan: plan)
            simulation.schedule(.client(claim(0)), at: 30)
            // Anywhere from before its first ballot to after its last acceptance.
            simulation.schedule(.fault(.freeze(0, 1_000)), at: 28 + Int(seed % 40))
            simulation.schedule(.client(claim(1)), at: 200)
            check(simulation, seed) { writes in
                let winners = writes.count { if case .committed = $0 { true } else { false } }
                return winners == 1
            }
        }
    }

    /// 700 seeds.
    @Test("A run has one outcome, wherever the ring is cut in its last hop")
    func lastHop() {
        let seats = Electorate.seats(Array(Simulation.names.prefix(3)))
        for seed in 0..<700 as Range<UInt64> {
            var plan = Plan(lossOdds: 20)
            plan.hosts = seed % 2 == 0 ? 3 : 5
            let simulation = Simulation(seed: seed, plan: plan)
            let cut = Int(seed % 3)
            for other in 0..<plan.hosts where other != cut {
                simulation.schedule(.fault(.cut(cut, other)), at: 25 + Int(seed % 30))
                simulation.schedule(.fault(.cut(other, cut)), at: 25 + Int(seed % 50))
            }
            // One seat saw the run converge, the others lost a node: each claims its own end.
            for host in 0..<3 {
                let client = Simulation.Client(
                    host: host,
                    key: RegisterKey("run/r-7k2m"),
                    electorate: seats,
                    wish: .claim
                )
                simulation.schedule(.client(client), at: 30 + Int(seed >> 3) % 20 * host)
            }
            check(simulation, seed) { _ in true }
        }
    }

    /// 400 seeds.
    @Test("Names keep their meaning while somebody joins and somebody else is removed")
    func members() throws {
        let founding = MemberList(founding: Array(Simulation.names.prefix(3)))
        let lists = [
            try founding.adding(Simulation.names[3]), try founding.removing(Simulation.names[2]),
        ]
        for seed in 0..<400 as Range<UInt64> {
            var plan = Plan(lossOdds: 50 * Int(seed % 3), slowOdds: 100)
            plan.hosts = 4
            plan.founders = 3
            plan.crashOdds = Int(seed % 2) * 3
            let simulation = Simulation(seed: seed, plan: plan)
            for (host, list) in lists.enumerated() {
                let time = 60 + Int(seed >> 2) % 60 * host
                simulation.schedule(.client(client(host, .members, .members(list))), at: time)
            }
            for turn in 0..<4 {
                let time = 20 + 30 * turn + Int(seed % 30)
                simulation.schedule(.client(client(turn % 3, Self.key, .update)), at: time)
            }
            if let fault = simulation.play() { Issue.record("seed \(seed): \(fault)") }
            let inForce = Set(simulation.hosts.map { $0.node?.members })
            #expect(inForce.count == 1, "seed \(seed): \(inForce)")
        }
    }

    private func client(
        _ host: Int,
        _ key: RegisterKey,
        _ wish: Simulation.Client.Wish
    ) -> Simulation.Client {
        Simulation.Client(host: host, key: key, electorate: .members, wish: wish)
    }

    private func claim(_ host: Int) -> Simulation.Client {
        client(host, Self.key, .claim)
    }

    /// Plays, and expects one value, seen the same by everybody at last, and a fair ending.
    private func check(
        _ simulation: Simulation,
        _ seed: UInt64,
        _ isFair: ([RegisterOutcome]) -> Bool
    ) {
        if let fault = simulation.play() { Issue.record("seed \(seed): \(fault)") }
        let entries = simulation.history.entries
        let seen = Set(entries.suffix(simulation.plan.hosts).map(\.outcome))
        #expect(seen.count == 1, "seed \(seed): hosts see \(seen)")
        let writes = entries.filter { $0.expected != nil }.compactMap(\.outcome)
        #expect(isFair(writes), "seed \(seed): \(writes)")
    }
}
