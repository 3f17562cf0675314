import ControlAPI
import Domain
import Registers
import Synchronization
import Testing

@testable import Daemon

/// A disk in memory that outlives the service on it, and can be full.
private final class MemoryJournal: RegisterJournal, Sendable {
    private let state = Mutex((durable: DurableState(), isFull: false))

    func load() throws(RegisterJournalError) -> DurableState { state.withLock { $0.durable } }

    func persist(_ records: [DurableRecord]) throws(RegisterJournalError) {
        let isFull = state.withLock { state in
            if !state.isFull { for record in records { state.durable.apply(record) } }
            return state.isFull
        }
        if isFull { throw RegisterJournalError(description: "no space") }
    }

    func endDoubt() {}

    func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }
}

private struct RegisterCluster {
    var networks: [PeerNetwork] = []
    var services: [RegisterService] = []
    var journals: [MemoryJournal] = []

    init() async throws {
        let certificates = try sharedCertificates.get()
        let nodes = ["a", "b", "c"]
        let ports = Dictionary(uniqueKeysWithValues: zip(nodes, try freePorts(3)))
        for node in nodes {
            let log = LogRecorder().log().logger(node)
            let network = try PeerNetwork(
                try configuration(node, ports, certificates),
                context: try certificates.context(node),
                log: log
            )
            let journal = MemoryJournal()
            let service = try RegisterService(network, journal: journal, log: log)
            service.serve()
            networks.append(network)
            services.append(service)
            journals.append(journal)
        }
        for network in networks { try network.start() }
        for network in networks {
            try await wait(for: "all alive") { network.views.allSatisfy { $0.state == .alive } }
        }
        for service in services { await service.start() }
        for service in services { try await wait(for: "votes") { await service.isVoting } }
    }

    func stop() async {
        for service in services { await service.stop() }
        for network in networks { await network.stop() }
    }
}

@Suite("Registers between daemons", .serialized)
struct RegisterServiceTests {
    private let key = RegisterKey.dataset(DatasetName(checked: "digits"), of: .default)

    @Test("What one node writes every node reads, and of two writers one wins")
    func agreement() async throws {
        let cluster = try await RegisterCluster()
        let (a, b, c) = (cluster.services[0], cluster.services[1], cluster.services[2])
        #expect(try await a.read(key, within: .seconds(20)) == nil)
        let first = try await a.compareAndSet(key, expecting: 0, to: [1], within: .seconds(20))
        #expect(first.version == 1)
        #expect(try await b.read(key, within: .seconds(20))?.bytes == [1])
        let error = await #expect(throws: RegisterError.self) {
            try await c.compareAndSet(key, expecting: 0, to: [2], within: .seconds(20))
        }
        #expect(error == .changed(first))
        let winners = await withTaskGroup(of: Int.self) { group in
            for (index, service) in cluster.services.enumerated() {
                group.addTask {
                    let bytes = [UInt8(10 + index)]
                    let value = try? await service.compareAndSet(
                        key,
                        expecting: 1,
                        to: bytes,
                        within: .seconds(30)
                    )
                    return value == nil ? 0 : 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(winners == 1)
        let values = [try await a.read(key), try await b.read(key), try await c.read(key)]
        #expect(values.allSatisfy { $0 == values[0] && $0?.version == 2 })
        await cluster.stop()
    }

    @Test("Without a majority nothing is written, and the voters that are missing are named")
    func noMajority() async throws {
        let cluster = try await RegisterCluster()
        for network in cluster.networks[1...] { await network.stop() }
        let error = await #expect(throws: RegisterError.self) {
            try await cluster.services[0].read(key, within: .milliseconds(400))
        }
        guard case .unavailable(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(Set(reason.missing.map(\.text)) == ["b", "c"])
        await cluster.stop()
    }

    @Test("A node whose disk is full casts no vote; the others go on without it")
    func fullDisk() async throws {
        let cluster = try await RegisterCluster()
        cluster.journals[2].setFull(true)
        let value = try await cluster.services[0].compareAndSet(key, expecting: 0, to: [7])
        #expect(value.version == 1)
        await #expect(throws: RegisterError.self) {
            try await cluster.services[2].compareAndSet(key, expecting: 1, to: [8])
        }
        cluster.journals[2].setFull(false)
        try await wait(for: "c's vote") { await cluster.services[2].isVoting }
        #expect(try await cluster.services[2].read(key)?.bytes == [7])
        await cluster.stop()
    }
}
