import Catalog
import ControlAPI
import Domain
import Logging
import Wire

/// What a node has that never changes, as a number.
private enum RecordDigestCall: PeerMethod {
    static let name = "records.digest"
    typealias Request = Empty

    struct Reply: Codable, Sendable {
        var digest: UInt64
    }
}

/// The identities of all records of a node, a page at a time.
private enum RecordListCall: PeerMethod {
    static let name = "records.list"

    struct Request: Codable, Sendable {
        var from: Int
    }

    struct Reply: Codable, Sendable {
        var ids: [RecordID]
        var isLast: Bool
    }
}

/// Something new lies in the catalogue of the one who calls.
private enum RecordNewsCall: PeerMethod {
    static let name = "records.news"
    typealias Request = Empty
    typealias Reply = Empty
}

/// Identities in one answer.
private let pageCount = 4_096
/// Between two looks where nobody announced anything.
private let compareInterval = Duration.seconds(5)

/// Keeps the catalogues of all nodes the same: what never changes is fetched from whoever has it.
///
/// A node compares digests with every peer that comes up, whenever a peer has news, and every few
/// seconds; where they differ it fetches what it lacks. Nothing is ever pushed, so that a peer
/// cannot fill our disk faster than we read.
actor RecordExchange {
    private let network: PeerNetwork
    private let store: Store
    private let log: Logger
    /// Peers that are being compared with now, and whether there was news meanwhile.
    private var comparing: [NodeID: Bool] = [:]
    private var tasks: [Task<Void, Never>] = []
    private var watchers: [Int: AsyncStream<Void>.Continuation] = [:]

    init(network: PeerNetwork, store: Store, log: Logger) {
        self.network = network
        self.store = store
        self.log = log
    }

    /// Answers peers from now on; call it before the network starts.
    nonisolated func serve() {
        let store = store
        network.handle(RecordDigestCall.self) { _, _ async throws(PeerRefusal) in
            let digest = try await answering(store) { database throws(CatalogError) in
                try database.recordDigest()
            }
            return .init(digest: digest)
        }
        network.handle(RecordListCall.self) { _, request async throws(PeerRefusal) in
            let ids = try await answering(store) { database throws(CatalogError) in
                try database.recordIDs()
            }
            let page = ids.dropFirst(max(0, request.from)).prefix(pageCount)
            return .init(ids: Array(page), isLast: page.endIndex == ids.endIndex)
        }
        network.handle(RecordPage.method) { _, payload async throws(PeerRefusal) in
            let ids = try RecordPage.ids(payload)
            let records = try await answering(store) { database throws(CatalogError) in
                try database.records(ids)
            }
            return RecordPage.encode(records)
        }
        network.handle(RecordNewsCall.self) { [weak self] node, _ async throws(PeerRefusal) in
            Task { await self?.compare(with: node) }
            return Empty()
        }
    }

    /// Compares whenever there is reason to, until `stop`.
    func start() {
        let changes = network.changes()
        tasks.append(
            Task { [weak self] in
                for await change in changes where change.state == .alive {
                    await self?.compare(with: change.node)
                }
            }
        )
        tasks.append(
            Task { [weak self] in
                while !Task.isCancelled {
                    await self?.compareWithAll()
                    try? await Task.sleep(for: compareInterval)
                }
            }
        )
    }

    func stop() {
        for task in tasks { task.cancel() }
        for watcher in watchers.values { watcher.finish() }
    }

    /// Tells all peers that there is something new here; call it after a commit.
    ///
    /// Who does not hear of it notices within seconds by itself.
    func announce() async {
        for watcher in watchers.values { watcher.yield() }
        await withTaskGroup(of: Void.self) { group in
            for view in network.views where view.state == .alive {
                group.addTask { [network] in
                    _ = try? await network.call(
                        RecordNewsCall.self,
                        Empty(),
                        on: view.node,
                        within: .seconds(2)
                    )
                }
            }
        }
    }

    /// Something each time records were added here, by whomever.
    func news() -> AsyncStream<Void> {
        let (stream, watcher) = AsyncStream.makeStream(
            of: Void.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        let id = (watchers.keys.max() ?? 0) + 1
        watchers[id] = watcher
        watcher.onTermination = { [weak self] _ in
            Task { await self?.forget(id) }
        }
        return stream
    }

    private func forget(_ id: Int) { watchers[id] = nil }

    private func compareWithAll() async {
        for view in network.views where view.state == .alive { await compare(with: view.node) }
    }

    /// Fetches from `node` what we lack; a second call meanwhile makes it look once more.
    func compare(with node: NodeID) async {
        guard comparing[node] == nil else {
            comparing[node] = true
            return
        }
        repeat {
            comparing[node] = false
            await fetchAll(from: node)
            // News may have come while we waited.
        } while comparing[node] == true
        comparing[node] = nil
    }

    /// Fetches now what any peer has and this node lacks; it is here when this returns.
    func catchUp() async {
        await withTaskGroup(of: Void.self) { group in
            for view in network.views where view.state == .alive {
                group.addTask { await self.fetchAll(from: view.node) }
            }
        }
    }

    private func fetchAll(from node: NodeID) async {
        do throws(PeerError) { try await fetchMissing(from: node) } catch {
            log.debug("not compared", metadata: ["node": "\(node)", "reason": "\(error)"])
        }
    }

    private func fetchMissing(from node: NodeID) async throws(PeerError) {
        let ours = try await asking(store, node) { database throws(CatalogError) in
            try database.recordDigest()
        }
        let theirs = try await network.call(
            RecordDigestCall.self,
            Empty(),
            on: node,
            within: peerAnswerLimit
        )
        guard ours != theirs.digest else { return }
        var count = 0
        var isLast = false
        while !isLast {
            let page = try await network.call(
                RecordListCall.self,
                .init(from: count),
                on: node,
                within: peerAnswerLimit
            )
            count += page.ids.count
            isLast = page.isLast || page.ids.isEmpty
            try await fetch(page.ids, from: node)
        }
    }

    private func fetch(_ ids: [RecordID], from node: NodeID) async throws(PeerError) {
        var missing = try await asking(store, node) { database throws(CatalogError) in
            try database.missing(among: ids)
        }
        while !missing.isEmpty {
            let request = RecordPage.encode(Array(missing.prefix(pageCount)))
            let answer = try await network.call(
                node,
                RecordPage.method,
                request,
                within: .seconds(30)
            )
            let records: [CatalogRecord]
            do throws(WireError) {
                records = try RecordPage.records(answer)
            } catch {
                throw .malformed(node, reason: "\(error)")
            }
            // Whoever has removed them meanwhile sends nothing, or less.
            guard !records.isEmpty else { return }
            try await asking(store, node) { database throws(CatalogError) in
                try database.insert(records)
            }
            for watcher in watchers.values { watcher.yield() }
            let fetched = Set(records.map(\.id))
            let left = missing.filter { !fetched.contains($0) }
            guard left.count < missing.count else { return }
            missing = left
        }
    }
}

/// Asks our catalogue for a peer, who is told why where it fails.
private func answering<Value: Sendable>(
    _ store: Store,
    _ body: @escaping @Sendable (Database) throws(CatalogError) -> Value
) async throws(PeerRefusal) -> Value {
    do throws(CatalogError) {
        return try await store.perform(body)
    } catch {
        throw PeerRefusal(RPCError(error))
    }
}

/// Asks our catalogue on the way to a peer's.
private func asking<Value: Sendable>(
    _ store: Store,
    _ node: NodeID,
    _ body: @escaping @Sendable (Database) throws(CatalogError) -> Value
) async throws(PeerError) -> Value {
    do throws(CatalogError) {
        return try await store.perform(body)
    } catch {
        throw .malformed(node, reason: "\(error)")
    }
}
