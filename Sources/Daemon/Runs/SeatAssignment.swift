import ControlAPI
import Domain

/// Why a run cannot be seated; the description is for the person who asked.
enum SeatError: Error, Equatable, CustomStringConvertible {
    case notMember(NodeID)
    case notAlive(NodeID, reason: String)
    case tooFew(asked: Int, alive: Int)
    case namedTwice(NodeID)
    case noHolder(shard: Int, dataset: String, holders: [NodeID])
    case noNodes
    case partAway(NodeID, dataset: String, reason: String)
    case leftOut(NodeID, dataset: String)
    case noPart(NodeID, dataset: String)
    case notAllParts(asked: Int, parts: Int, dataset: String)

    /// Whether other options would help, rather than other nodes.
    var isUsage: Bool { code == .badUsage }

    /// What the person who asked is told by an exit code.
    var code: RPCError.Code {
        switch self {
        case .leftOut, .noPart, .notAllParts, .namedTwice: .badUsage
        case .notMember: .notFound
        default: .notReady
        }
    }

    var description: String {
        switch self {
        case .notMember(let node): "node \(node) is not a member of this cluster"
        case .notAlive(let node, let reason): "node \(node) is not alive: \(reason)"
        case .tooFew(let asked, let alive): "\(asked) nodes asked for, \(alive) alive"
        case .namedTwice(let node): "node \(node) is named twice"
        case .noHolder(let shard, let dataset, let holders):
            "shard \(shard) of \(dataset) lies only on "
                + holders.map(\.text).joined(separator: ", ") + ", none of which is alive"
        case .noNodes: "a run needs at least one node"
        case .partAway(let node, let dataset, let reason):
            "node \(node) holds a part of \(dataset), of which there is no copy, and is not alive: "
                + reason
        case .leftOut(let node, let dataset):
            "node \(node) holds a part of \(dataset), which stays there, and has no seat"
        case .noPart(let node, let dataset): "node \(node) holds no part of \(dataset)"
        case .notAllParts(let asked, let parts, let dataset):
            "\(asked) nodes asked for, and the parts of \(dataset) stay on \(parts)"
        }
    }
}

/// Deals a dataset's shards to the seats of a ring.
///
/// Every shard goes to exactly one seat. A seat that holds a shard reads it (the primary first);
/// a shard that no seat holds goes to the seat with the fewest rows, which fetches it from any
/// holder that is alive. The same input gives the same seats.
///
/// Where the rows stay on their nodes, those nodes take the seats: all of them, and no other.
struct SeatAssignment {
    /// Members in the order of the member list, with nil for alive and a reason for not.
    let members: [(node: NodeID, trouble: String?)]

    private var alive: [NodeID] { members.filter { $0.trouble == nil }.map(\.node) }

    /// The nodes that will sit in the ring, in ring order.
    ///
    /// Named nodes sit in the order named; a count takes the alive holders of most shards first;
    /// otherwise every alive node that holds a shard takes part.
    func nodes(for spec: RunSpec, of manifest: DatasetManifest) throws(SeatError) -> [NodeID] {
        if manifest.isLocal { return try holders(for: spec, of: manifest) }
        if !spec.nodes.isEmpty { return try named(spec.nodes) }
        let primaries = Set(manifest.shards.compactMap(\.holders.first))
        let holders = Set(manifest.shards.flatMap(\.holders))
        if let count = spec.nodeCount {
            guard count > 0 else { throw .noNodes }
            guard count <= alive.count else { throw .tooFew(asked: count, alive: alive.count) }
            let ranked =
                alive.filter { primaries.contains($0) }
                + alive.filter { !primaries.contains($0) && holders.contains($0) }
                + alive.filter { !holders.contains($0) }
            let chosen = Set(ranked.prefix(count))
            return alive.filter { chosen.contains($0) }
        }
        let taking = alive.filter { primaries.contains($0) }
        let seated = taking.isEmpty ? alive.filter { holders.contains($0) } : taking
        guard !seated.isEmpty else {
            throw .noHolder(
                shard: 0,
                dataset: manifest.name.text,
                holders: manifest.shards.first?.holders ?? []
            )
        }
        return seated
    }

    private func holders(
        for spec: RunSpec,
        of manifest: DatasetManifest
    ) throws(SeatError) -> [NodeID] {
        let dataset = manifest.name.text
        let holders = Set(manifest.shards.flatMap(\.holders))
        for member in members where holders.contains(member.node) {
            if let reason = member.trouble {
                throw .partAway(member.node, dataset: dataset, reason: reason)
            }
        }
        let seated = members.map(\.node).filter { holders.contains($0) }
        if let gone = holders.subtracting(seated).min() { throw .notMember(gone) }
        if let count = spec.nodeCount, count != seated.count {
            throw .notAllParts(asked: count, parts: seated.count, dataset: dataset)
        }
        guard !spec.nodes.isEmpty else { return seated }
        let nodes = try named(spec.nodes)
        if let other = nodes.first(where: { !holders.contains($0) }) {
            throw .noPart(other, dataset: dataset)
        }
        if let missing = seated.first(where: { !nodes.contains($0) }) {
            throw .leftOut(missing, dataset: dataset)
        }
        return nodes
    }

    private func named(_ nodes: [NodeID]) throws(SeatError) -> [NodeID] {
        for (index, node) in nodes.enumerated() {
            guard !nodes[..<index].contains(node) else { throw .namedTwice(node) }
            guard let member = members.first(where: { $0.node == node }) else {
                throw .notMember(node)
            }
            if let trouble = member.trouble { throw .notAlive(node, reason: trouble) }
        }
        return nodes
    }

    /// Which shards of `manifest` each of `nodes` reads; element r belongs to rank r.
    func shards(
        of manifest: DatasetManifest,
        for nodes: [NodeID]
    ) throws(SeatError) -> [[Int]] {
        var dealt = [[Int]](repeating: [], count: nodes.count)
        var rows = [Int](repeating: 0, count: nodes.count)
        func give(_ shard: ShardDescription, to rank: Int) {
            dealt[rank].append(shard.index)
            rows[rank] += shard.rows
        }
        var homeless: [ShardDescription] = []
        for shard in manifest.shards {
            let primary = shard.holders.first.flatMap { nodes.firstIndex(of: $0) }
            if let primary { give(shard, to: primary) } else { homeless.append(shard) }
        }
        let living = Set(alive)
        for shard in homeless {
            if manifest.isLocal, let holder = shard.holders.first {
                throw .leftOut(holder, dataset: manifest.name.text)
            }
            guard shard.holders.contains(where: living.contains) else {
                throw .noHolder(
                    shard: shard.index,
                    dataset: manifest.name.text,
                    holders: shard.holders
                )
            }
            let replicas = nodes.indices.filter { shard.holders.contains(nodes[$0]) }
            let candidates = replicas.isEmpty ? Array(nodes.indices) : replicas
            if let rank = candidates.min(by: { (rows[$0], $0) < (rows[$1], $1) }) {
                give(shard, to: rank)
            }
        }
        return dealt.map { $0.sorted() }
    }
}
