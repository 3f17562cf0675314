import ControlAPI
import Domain
import Learning
import TLSTransport
import Training

/// Areas under curves over shards: each is ranked where it lies, and the sorted scores are merged.
extension DataService {
    /// Walks through the scores of all shards from the top, one walk for each class that the model
    /// ranks; none where that would take too many passes over the rows.
    func walks(
        _ model: ModelManifest,
        on dataset: DatasetManifest,
        counts: [Int]
    ) async throws(RPCError) -> [RankingWalk] {
        let ranked = RankedClasses(of: model.shape).classes
        // A peer's answer holds that many sorted scores with room to spare.
        let plan = RankingPlan(counts: counts, keysMax: 1 << 18)
        let passes = ranked.count * (1 + 2 * plan.rows / plan.keysMax)
        guard !ranked.isEmpty, ranked.upperBound <= counts.count, passes <= passesMax else {
            return []
        }
        var walks = plan.begun(ranked)
        var low = ranked.lowerBound
        while low < ranked.upperBound {
            let classes = low..<Swift.min(ranked.upperBound, low + plan.classesTogether)
            for band in try await bands(of: classes, plan, model, dataset) {
                let request = RankingRequest(classes: classes, band: band)
                var parts: [[ScoreRanking]] = []
                for bytes in try await scores(request, model, dataset) {
                    guard let part = ScoreRanking.all(in: bytes), part.count == classes.count
                    else { throw RPCError(.internalError, "a shard's scores cannot be read") }
                    parts.append(part)
                }
                for number in classes {
                    let merged = ScoreRanking(merging: parts.map { $0[number - low] })
                    walks[number - ranked.lowerBound].take(merged)
                }
            }
            low = classes.upperBound
        }
        return walks
    }

    private func bands(
        of classes: Range<Int>,
        _ plan: RankingPlan,
        _ model: ModelManifest,
        _ dataset: DatasetManifest
    ) async throws(RPCError) -> [ClosedRange<UInt32>] {
        guard plan.rows > plan.keysMax else { return [0...UInt32.max] }
        let request = RankingRequest(classes: classes, band: 0...UInt32.max, isCounting: true)
        var total: [Double] = []
        for bytes in try await scores(request, model, dataset) {
            guard let counts = RankingPass.histogram(in: bytes) else {
                throw RPCError(.internalError, "a shard's counts cannot be read")
            }
            total = total.isEmpty ? counts : zip(total, counts).map { $0 + $1 }
        }
        return plan.bands(of: total)
    }

    /// What every shard answers, in no particular order.
    private func scores(
        _ ranking: RankingRequest,
        _ model: ModelManifest,
        _ dataset: DatasetManifest
    ) async throws(RPCError) -> [[UInt8]] {
        let places = try places(of: dataset)
        let answers = await withTaskGroup(of: Result<[UInt8], RPCError>.self) { group in
            for (place, shards) in places {
                for shard in shards {
                    let request = RankShardCall.Request(
                        model: model,
                        dataset: dataset,
                        shard: shard,
                        ranking: ranking
                    )
                    group.addTask { await self.scores(request, from: place) }
                }
            }
            var answers: [Result<[UInt8], RPCError>] = []
            for await answer in group { answers.append(answer) }
            return answers
        }
        var all: [[UInt8]] = []
        for answer in answers { all.append(try answer.get()) }
        return all
    }

    private func scores(
        _ request: RankShardCall.Request,
        from place: NodeID
    ) async -> Result<[UInt8], RPCError> {
        do throws(RPCError) {
            guard place != node else { return .success(try await localScores(request)) }
            let reply = try await asking { () async throws(PeerError) in
                try await network.call(
                    RankShardCall.self,
                    request,
                    on: place,
                    within: .seconds(3_600)
                )
            }
            return .success(reply.bytes)
        } catch {
            return .failure(error)
        }
    }

    /// Has a worker of this node rank the rows of a shard.
    func localScores(_ request: RankShardCall.Request) async throws(RPCError) -> [UInt8] {
        let (model, dataset) = (request.model, request.dataset)
        try model.requireFit(dataset)
        guard dataset.shards.indices.contains(request.shard) else {
            throw RPCError(.notFound, "\(dataset.name) has no shard \(request.shard)")
        }
        let words = try await words(of: model)
        return try await applied(model, words, request.ranking, to: request.shard, of: dataset)
    }
}

/// Passes over the rows that are worth the areas under curves.
private let passesMax = 400

/// Asks for the sorted scores of the rows of a shard.
enum RankShardCall: PeerMethod {
    static let name = "model.rank"

    struct Request: Codable, Sendable {
        var model: ModelManifest
        var dataset: DatasetManifest
        var shard: Int
        var ranking: RankingRequest
    }

    struct Reply: Codable, Sendable {
        /// Rankings one behind the other, or counts, in their compact form.
        var bytes: [UInt8]
    }
}
