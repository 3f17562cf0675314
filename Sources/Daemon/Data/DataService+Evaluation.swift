import ControlAPI
import Datasets
import Domain
import Glibc
import Learning
import TLSTransport
import Training
import Wire
import WorkerLink

/// Models applied to data: each shard is measured where it lies.
extension DataService {
    /// Sums over all shards of a dataset, added in the order of the shards.
    func evaluate(
        _ model: ModelManifest,
        on dataset: DatasetManifest
    ) async throws(RPCError) -> EvaluationSums {
        try model.requireFit(dataset)
        let places = try places(of: dataset)
        var found: [Int: [Double]] = [:]
        let parts = await withTaskGroup(of: Result<[(Int, [Double])], RPCError>.self) { group in
            for (place, shards) in places {
                group.addTask { await self.sums(of: model, dataset, shards, on: place) }
            }
            var parts: [Result<[(Int, [Double])], RPCError>] = []
            for await part in group { parts.append(part) }
            return parts
        }
        for part in parts { for (index, sums) in try part.get() { found[index] = sums } }
        let classes = model.classes.count
        var total = EvaluationSums(classes: classes).values
        for shard in dataset.shards {
            guard let sums = found[shard.index], sums.count == total.count else {
                throw RPCError(.internalError, "shard \(shard.index) has no sums")
            }
            for index in total.indices { total[index] += sums[index] }
        }
        guard let sums = EvaluationSums(classes: classes, values: total) else {
            throw RPCError(.internalError, "the sums have another form")
        }
        return sums
    }

    /// For each node the shards that it measures: the first holder that is alive.
    func places(of dataset: DatasetManifest) throws(RPCError) -> [NodeID: [Int]] {
        let alive = Set(aliveNodes)
        var places: [NodeID: [Int]] = [:]
        for shard in dataset.shards {
            guard let place = shard.holders.first(where: { alive.contains($0) }) else {
                let names = shard.holders.map(\.text).joined(separator: ", ")
                throw RPCError(
                    .notReady,
                    "shard \(shard.index) of \(dataset.name) lies only on \(names): none is alive",
                    hint: "see 'distmlctl node ls'"
                )
            }
            places[place, default: []].append(shard.index)
        }
        return places
    }

    private func sums(
        of model: ModelManifest,
        _ dataset: DatasetManifest,
        _ shards: [Int],
        on place: NodeID
    ) async -> Result<[(Int, [Double])], RPCError> {
        let request = EvaluateShardsCall.Request(model: model, dataset: dataset, shards: shards)
        do throws(RPCError) {
            let sums: [[Double]]
            if place == node {
                sums = try await localSums(request)
            } else {
                sums = try await asking { () async throws(PeerError) in
                    try await network.call(
                        EvaluateShardsCall.self,
                        request,
                        on: place,
                        within: .seconds(3_600)
                    ).sums
                }
            }
            return .success(Array(zip(shards, sums)))
        } catch {
            return .failure(error)
        }
    }

    /// Has a worker measure a model on shards of this node, one after the other.
    func localSums(_ request: EvaluateShardsCall.Request) async throws(RPCError) -> [[Double]] {
        let (model, dataset) = (request.model, request.dataset)
        try model.requireFit(dataset)
        let words = try await words(of: model)
        var sums: [[Double]] = []
        for index in request.shards where dataset.shards.indices.contains(index) {
            sums.append(try readSums(try await applied(model, words, nil, to: index, of: dataset)))
        }
        return sums
    }

    /// Has a worker measure a model on a shard of this node, or rank the shard's rows.
    func applied(
        _ model: ModelManifest,
        _ words: [Float],
        _ ranking: RankingRequest?,
        to index: Int,
        of dataset: DatasetManifest
    ) async throws(RPCError) -> [UInt8] {
        let shard = try await shard(index, of: dataset)
        defer { closeFile(shard.descriptor) }
        let input = ShardInput(
            layout: shard.layout,
            pages: shard.pages,
            name: "shard \(index) of \(dataset.name)"
        )
        var job = ModelJob(shape: model.shape, words: words, shards: [input])
        job.ranking = ranking
        return try await run(
            WorkerTask(kind: .evaluate, payload: job.payload, descriptors: [shard.descriptor])
        )
    }

    /// Gives a job to a worker of this node.
    func run(_ task: WorkerTask) async throws(RPCError) -> [UInt8] {
        do throws(WorkerTaskError) {
            return try await workers.run(task)
        } catch {
            throw RPCError(error, node: node)
        }
    }

    private func readSums(_ bytes: [UInt8]) throws(RPCError) -> [Double] {
        do throws(WireError) {
            var reader = ByteReader(bytes)
            let sums = try reader.array("sums", limit: 1 << 24, itemBytes: 8) {
                reader throws(WireError) in try reader.double("sum")
            }
            try reader.finish()
            return sums
        } catch {
            throw RPCError(.failed, "the worker's result cannot be read: \(error)", node: node)
        }
    }

    /// Has a worker read files as the model's data were read, and write what it says of each row.
    /// - Returns: the number of rows.
    func predict(
        _ model: ModelManifest,
        _ params: ModelPredict.Params,
        _ descriptors: [Int32]
    ) async throws(RPCError) -> Int {
        if params.probabilities, !model.shape.hasProbabilities {
            let reason = model.classes.isEmpty ? "real values" : "classes by their scores alone"
            throw RPCError(
                .badUsage,
                "model '\(model.name)' predicts \(reason): it has no probabilities",
                hint: "leave out --probabilities"
            )
        }
        let words = try await words(of: model)
        let job = PredictionJob(
            model: ModelJob(shape: model.shape, words: words, shards: []).payload,
            labels: model.labels,
            mapping: model.mapping,
            files: params.files,
            wantsProbabilities: params.probabilities,
            isJSON: params.format == .jsonl
        )
        var scratch: [Int32] = []
        defer { for file in scratch { close(file) } }
        for _ in 0..<2 {
            do throws(ObjectError) { scratch.append(try objects.createUnnamed()) } catch {
                throw RPCError(error, node: node)
            }
        }
        let bytes = try await run(
            WorkerTask(
                kind: .predict,
                payload: job.payload,
                descriptors: descriptors.dropLast() + scratch + descriptors.suffix(1)
            )
        )
        do throws(WireError) { return try PredictionOutcome(bytes: bytes).rows } catch {
            throw RPCError(.failed, "the worker's result cannot be read: \(error)", node: node)
        }
    }
}

extension ModelShape {
    /// Whether it says how likely each class is.
    var hasProbabilities: Bool { isLikelihood || kernel?.hasProbabilities == true }
}

extension ModelManifest {
    /// Its classes; none for real values.
    var classes: [String] {
        if case .classes(let names) = labels { names } else { [] }
    }

    /// Refuses a dataset whose columns or classes are not those of the model's own data.
    func requireFit(_ dataset: DatasetManifest) throws(RPCError) {
        if let difference = difference(from: dataset) {
            var refusal = RPCError(.badUsage, difference)
            refusal.hint =
                "add the data again with 'distmlctl dataset add NAME FILE --like \(self.dataset)'"
            throw refusal
        }
    }

    private func difference(from other: DatasetManifest) -> String? {
        let named = "model '\(name)' was trained on '\(dataset)'"
        switch (mapping.columns, other.mapping.columns) {
        case (let ours?, let theirs?):
            let pair = zip(ours, theirs).first { $0.name != $1.name }
            if let pair {
                return "\(named), where a column is '\(pair.0.name)' that is '\(pair.1.name)' "
                    + "in '\(other.name)'"
            }
            if ours.count != theirs.count {
                return "\(named) with \(ours.count) columns; '\(other.name)' has \(theirs.count)"
            }
            if let pair = zip(ours, theirs).first(where: { $0.categories != $1.categories }) {
                return "\(named), where column '\(pair.0.name)' has other values than in "
                    + "'\(other.name)'"
            }
        case (nil, nil):
            let isFine =
                other.columns == mapping.count
                || other.layout.isSparse && other.columns < mapping.count
            if !isFine {
                return "\(named) with \(mapping.count) columns; '\(other.name)' has "
                    + "\(other.columns)"
            }
        case (_?, nil):
            return "\(named), whose columns have names; those of '\(other.name)' have none"
        case (nil, _?):
            return "\(named), whose columns have no names; those of '\(other.name)' have"
        }
        guard labels != other.labels else { return nil }
        return "\(named) with \(described(labels)); '\(other.name)' has \(described(other.labels))"
    }
}

private func described(_ labels: LabelKind) -> String {
    switch labels {
    case .real: return "real values"
    case .classes(let names):
        let shown = names.prefix(6).joined(separator: ", ")
        return "classes \(shown)\(names.count > 6 ? ", …" : "")"
    }
}
