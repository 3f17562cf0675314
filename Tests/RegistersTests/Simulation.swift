import Domain
import Registers

/// A cluster on a virtual clock: every choice comes from one seed, so a seed is a whole story.
///
/// Each host is a `RegisterNode`, a disk that outlives it, and nothing else. Messages are lost,
/// delayed, doubled and overtaken; hosts crash between any two of their actions, freeze, and come
/// back with the disk they had, an old copy of it, or an empty one. Time is in milliseconds.
final class Simulation {
    struct Host {
        var node: RegisterNode?
        var disk = DurableState()
        /// Copies of the disk, as a backup would have them.
        var copy: DurableState?
        var life = 0
        var frozenUntil = 0
        var hasTick = false
    }

    enum Item {
        case request(from: Int, to: Int, number: UInt64, RegisterRequest)
        case reply(from: Int, to: Int, number: UInt64, RegisterReply)
        case event(host: Int, life: Int, RegisterNode.Event)
        case client(Client)
        case fault(Fault)
    }

    enum Fault {
        case crash(Int)
        case restart(Int)
        case freeze(Int, Int)
        case copy(Int)
        /// Comes back with an old copy; whether it is told that its disk was copied.
        case restore(Int, isTold: Bool)
        case replace(Int)
        case cut(Int, Int)
        case heal
    }

    /// What somebody at a host wants of a register.
    struct Client {
        enum Wish: Equatable {
            case read
            /// Read, then write if nobody wrote since.
            case update
            /// Write if nothing was ever written.
            case claim
            /// What follows a read: write if the version is still this.
            case write(UInt64)
            /// Make this the list of members, if it is the first change.
            case members(MemberList)
        }
        var host: Int
        var key: RegisterKey
        var electorate: Electorate
        var wish: Wish

        var register: Register { Register(key: key, electorate: electorate) }
    }

    /// A register and who votes on it.
    struct Register: Hashable {
        var key: RegisterKey
        var electorate: Electorate
    }

    static let names = ["a", "b", "c", "d", "e"].map { NodeID(checked: $0) }

    let plan: Plan
    let nodes: [NodeID]
    var random: Generator
    var now = 0
    var hosts: [Host]
    var history = History()
    var agenda = Agenda<Item>()
    var messages = 0
    private var isCut: [Bool]
    private var isCalm = false

    init(seed: UInt64, plan: Plan) {
        self.plan = plan
        random = Generator(seed: seed)
        nodes = Array(Self.names.prefix(plan.hosts))
        hosts = nodes.map { _ in Host() }
        isCut = Array(repeating: false, count: plan.hosts * plan.hosts)
        for host in hosts.indices {
            if !plan.isBlank {
                let standing = Standing(incarnation: 1, sequence: 1)
                hosts[host].disk.apply(.standing(OwnStanding(standing: standing, unread: [])))
            }
            start(host, isCopied: false)
        }
    }

    /// Plays everything on the agenda, lets the network and all hosts come back, and lets every
    /// host read every register; returns what is wrong with all that, or nil.
    func play() -> String? {
        run(until: plan.calmAt)
        isCalm = true
        for index in isCut.indices { isCut[index] = false }
        for host in hosts.indices {
            hosts[host].frozenUntil = 0
            if hosts[host].node == nil { start(host, isCopied: false) }
        }
        run()
        let count = history.entries.count
        for client in Set(history.entries.map(\.client.register)).sorted(by: { $0.key < $1.key }) {
            for host in hosts.indices {
                let reader = Client(
                    host: host,
                    key: client.key,
                    electorate: client.electorate,
                    wish: .read
                )
                agenda.add(.client(reader), at: now + 1)
            }
        }
        run()
        guard messages < plan.messagesMax else { return "they talk without an end" }
        for entry in history.entries[count...] {
            guard case .committed = entry.outcome else {
                return "at last host \(entry.client.host) could not read \(entry.client.key)"
            }
        }
        return history.fault()
    }

    func schedule(_ item: Item, at time: Int) { agenda.add(item, at: time) }

    private func run(until limit: Int = .max) {
        while messages < plan.messagesMax, let (time, item) = agenda.next(before: limit) {
            now = max(now, time)
            switch item {
            case .request(let from, let to, let number, let request):
                guard isAwake(to, item) else { continue }
                take(request, number, from: from, at: to)
            case .reply(let from, let to, let number, let reply):
                guard isAwake(to, item) else { continue }
                tell(.reply(from: nodes[from], request: number, reply), to: to)
                scheduleTick(to)
            case .event(let host, let life, let event):
                guard hosts[host].life == life, isAwake(host, item) else { continue }
                if case .tick = event { hosts[host].hasTick = false }
                tell(event, to: host)
                scheduleTick(host)
            case .client(let client):
                guard isAwake(client.host, item) else { continue }
                ask(client)
            case .fault(let fault): happen(fault)
            }
        }
    }

    /// Whether a host takes things now; what comes to a frozen one waits.
    private func isAwake(_ host: Int, _ item: Item) -> Bool {
        guard hosts[host].node != nil else { return false }
        guard hosts[host].frozenUntil <= now else {
            agenda.add(item, at: hosts[host].frozenUntil)
            return false
        }
        return true
    }

    private func start(_ host: Int, isCopied: Bool) {
        hosts[host].life += 1
        hosts[host].hasTick = false
        hosts[host].node = RegisterNode(
            nodes[host],
            founding: Array(nodes.prefix(plan.founders ?? nodes.count)),
            state: hosts[host].disk,
            isCopied: isCopied,
            random: random.next()
        )
        tell(.tick, to: host)
        scheduleTick(host)
    }

    private func scheduleTick(_ host: Int) {
        guard !hosts[host].hasTick, let node = hosts[host].node, !node.isSettled else { return }
        hosts[host].hasTick = true
        agenda.add(.event(host: host, life: hosts[host].life, .tick), at: now + plan.tick)
    }

    private func crash(_ host: Int) {
        hosts[host].node = nil
        hosts[host].life += 1
    }

    private func happen(_ fault: Fault) {
        switch fault {
        case .crash(let host): crash(host)
        case .restart(let host): if hosts[host].node == nil { start(host, isCopied: false) }
        case .freeze(let host, let time): hosts[host].frozenUntil = now + time
        case .copy(let host): hosts[host].copy = hosts[host].disk
        case .restore(let host, let isTold):
            guard let copy = hosts[host].copy else { return }
            crash(host)
            hosts[host].disk = copy
            start(host, isCopied: isTold)
        case .replace(let host):
            crash(host)
            hosts[host].disk = plan.sabotage == .trustsEmptyDisks ? Self.forged : DurableState()
            start(host, isCopied: false)
        case .cut(let left, let right):
            isCut[left * nodes.count + right] = true
        case .heal: for index in isCut.indices { isCut[index] = false }
        }
    }

    private static var forged: DurableState {
        var disk = DurableState()
        let standing = Standing(incarnation: 9, sequence: 1 << 40)
        disk.apply(.standing(OwnStanding(standing: standing, unread: [])))
        return disk
    }

    private func persist(_ records: [DurableRecord], at host: Int) {
        for record in records { hosts[host].disk.apply(record) }
    }

    private func take(_ request: RegisterRequest, _ number: UInt64, from: Int, at host: Int) {
        if plan.sabotage == .forgetsPromises, case .prepare = request.body {
            // The reply of a copy, which is thrown away with what it promised.
            guard let answer = copy(of: host, handling: request, from: from) else { return }
            send(.reply(from: host, to: from, number: number, answer.reply), from: host, to: from)
            return
        }
        guard let answer = hosts[host].node?.handle(request, from: nodes[from]) else { return }
        if isUnlucky(plan.crashOdds) { return crash(host) }
        if plan.sabotage == .answersFirst {
            send(.reply(from: host, to: from, number: number, answer.reply), from: host, to: from)
            if isUnlucky(plan.crashOdds * 8) { return crash(host) }
        }
        persist(answer.persist, at: host)
        if isUnlucky(plan.crashOdds) { return crash(host) }
        if plan.sabotage != .answersFirst {
            send(.reply(from: host, to: from, number: number, answer.reply), from: host, to: from)
        }
    }

    private func copy(
        of host: Int,
        handling request: RegisterRequest,
        from: Int
    ) -> RegisterNode.Answer? {
        var copy = hosts[host].node
        return copy?.handle(request, from: nodes[from])
    }

    private func tell(_ event: RegisterNode.Event, to host: Int) {
        guard let actions = hosts[host].node?.handle(event) else { return }
        for action in actions {
            if isUnlucky(plan.crashOdds) { return crash(host) }
            perform(action, at: host)
        }
    }

    private func perform(_ action: RegisterNode.Action, at host: Int) {
        let life = hosts[host].life
        switch action {
        case .persist(let records): persist(records, at: host)
        case .send(let node, let number, let request):
            guard let peer = nodes.firstIndex(of: node) else { return }
            send(
                .request(from: host, to: peer, number: number, request),
                from: host,
                to: peer
            )
            agenda.add(
                .event(host: host, life: life, .silence(of: node, request: number)),
                at: now + plan.timeout
            )
        case .retryLater(let id, let attempt):
            let pause = random.below(8 << min(attempt, 5)) + 1
            agenda.add(.event(host: host, life: life, .retry(id)), at: now + pause)
        case .finish(let id, let outcome):
            if let next = history.finish(id, outcome, at: now) { ask(next) }
        }
    }

    private func send(_ item: Item, from: Int, to: Int) {
        messages += 1
        if isCut[from * nodes.count + to] { return }
        let isAdmission = Self.isAdmission(item)
        if !(plan.hearsWitnesses && isAdmission), isUnlucky(plan.lossOdds) { return }
        agenda.add(item, at: now + delay(isAdmission))
        if isUnlucky(plan.doubleOdds) { agenda.add(item, at: now + delay(isAdmission)) }
    }

    private func delay(_ isAdmission: Bool) -> Int {
        let isSlow = isUnlucky(plan.slowOdds) && !(plan.hearsWitnesses && isAdmission)
        return 1 + random.below(isSlow ? plan.slowDelay : plan.delay)
    }

    private static func isAdmission(_ item: Item) -> Bool {
        switch item {
        case .request(_, _, _, let request): request.body == .standing
        case .reply(_, _, _, let reply):
            if case .standing = reply.body { true } else { false }
        default: false
        }
    }

    private func isUnlucky(_ odds: Int) -> Bool {
        odds > 0 && !isCalm && random.below(1_000) < odds
    }

    private func ask(_ client: Client) {
        guard var node = hosts[client.host].node else { return }
        let id = node.makeOperation()
        hosts[client.host].node = node
        let change = history.begin(id, client, at: now)
        let life = hosts[client.host].life
        agenda.add(
            .event(host: client.host, life: life, .expire(id)),
            at: now + (isCalm ? 4_000 : plan.deadline)
        )
        tell(.operate(id, client.key, client.electorate, change), to: client.host)
    }
}
