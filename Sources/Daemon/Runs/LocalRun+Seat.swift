import CLinux
import Collectives
import ControlAPI
import Domain
import Glibc
import Logging
import TLSTransport
import Training
import Transport
import Wire
import WorkerLink

/// How long a worker's counter may stand still: within ten seconds the run is over everywhere.
private let silenceLimit = Duration.seconds(9)

extension LocalRun {
    /// Runs this node's seat to its end: worker, links, ring.
    func runSeat(key: [UInt8]) async -> Result<SeatResult, RunFailure> {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        do throws(RunFailure) {
            let job = try await makeJob(taking: &descriptors)
            let worker = try await startWorker(job, descriptors)
            let links = try await formRing(key)
            return .success(try await serve(worker, links))
        } catch {
            control.abort(error.cause)
            return .failure(error)
        }
    }

    private func failed(_ reason: String) -> RunFailure {
        RunFailure(cause: Cause(node: world.node, rank: rank, reason: failurePrefix + reason))
    }

    private var seat: Seat { record.plan.seats[rank.index] }

    /// Opens what the worker needs and describes it.
    private func makeJob(taking descriptors: inout [Int32]) async throws(RunFailure) -> TrainingJob
    {
        let dataset = prepared.dataset
        let shards = try await open(seat.shards, of: dataset, taking: &descriptors)
        var validation: [ShardInput] = []
        if let other = prepared.validation {
            validation = try await open(seat.validationShards, of: other, taking: &descriptors)
        }
        var task = TrainingTask(
            spec: record.spec,
            classes: dataset.labels.classCount,
            columns: dataset.columns,
            isSparse: dataset.layout.isSparse
        )
        task.imageShape = dataset.mapping.imageShape
        task.rows = dataset.rows
        task.storedValues = dataset.shards.reduce(0) { $0 + $1.values }
        task.classWeights = classWeights(of: record.spec, on: dataset)
        let rules = LocalDataRules(record.spec, dataset, prepared.validation)
        task.localRowsMin = rules.rowsMin
        task.hidesRows = rules.hidesRows
        return TrainingJob(
            task: task,
            rank: rank.index,
            worldSize: record.plan.worldSize,
            shards: shards,
            validation: validation,
            isValidated: prepared.validation != nil,
            checkpoint: try await readCheckpoint()
        )
    }

    private func open(
        _ indices: [Int],
        of manifest: DatasetManifest,
        taking descriptors: inout [Int32]
    ) async throws(RunFailure) -> [ShardInput] {
        var inputs: [ShardInput] = []
        for index in indices {
            do throws(RPCError) {
                let shard = try await world.data.shard(index, of: manifest)
                descriptors.append(shard.descriptor)
                inputs.append(
                    ShardInput(
                        layout: shard.layout,
                        pages: shard.pages,
                        name: "shard \(index) of \(manifest.name)"
                    )
                )
            } catch { throw failed("\(error)") }
        }
        return inputs
    }

    private func readCheckpoint() async throws(RunFailure) -> [UInt8] {
        guard let offer = prepared.checkpoint else { return [] }
        do throws(RPCError) {
            return try await loadCheckpoint(offer, of: id, tenant: tenant, in: world)
        } catch { throw failed("\(error)") }
    }

    private func startWorker(
        _ job: TrainingJob,
        _ descriptors: [Int32]
    ) async throws(RunFailure) -> HandOver<OwnedWorker> {
        let limits = WorkerLimits(memoryBytes: world.memoryBytes.map { UInt64($0) })
        let (place, policy) = (world.workers, world.policy)
        let payload = job.payload
        let bytes = job.task.sharedBytes
        let result: Result<HandOver<OwnedWorker>, WorkerError>
        do throws(TransportError) {
            result = .success(
                try await onOwnThread("run-start", failing: { $0 }) {
                    Result { () throws(TransportError) in
                        do throws(WorkerError) {
                            let worker = try WorkerProcess.launch(
                                place,
                                limits: limits,
                                policy: policy
                            )
                            worker.silenceLimit = silenceLimit
                            try worker.start(
                                .train,
                                payload: payload,
                                descriptors: descriptors,
                                memory: try SharedMemory(byteCount: bytes),
                                until: .after(.seconds(10))
                            )
                            return HandOver(OwnedWorker(worker: worker))
                        } catch {
                            throw .violation(peer: "worker", reason: "\(error)")
                        }
                    }
                }
            )
        } catch { throw failed("\(error)") }
        switch result {
        case .success(let worker): return worker
        case .failure(let error): throw failed("\(error)")
        }
    }

    /// Drives worker and ring on a thread of their own until the end.
    private func serve(
        _ worker: HandOver<OwnedWorker>,
        _ links: RingLinks?
    ) async throws(RunFailure) -> SeatResult {
        let (rank, generation, control) = (rank, generation, control)
        let worldSize = record.plan.worldSize
        let node = world.node
        // Runs side by side begin with different cores, the ranks of one with the same.
        let core = id.text.utf8.reduce(0) { 31 &* $0 &+ Int($1) } & 0xFFFF
        // Where rows stay, no more than a neighbour's part of each node's own sums is seen.
        let sendsWhole = !LocalDataRules(record.spec, prepared.dataset, prepared.validation).isLocal
        let (news, source) = AsyncStream.makeStream(of: RunNews.self)
        let listener = Task { for await item in news { await self.take(item) } }
        let end: (RunEnd, Int)
        do throws(TransportError) {
            end = try await onOwnThread("run-ring", failing: { $0 }) {
                guard let owned = worker.take() else {
                    return .failure(.violation(peer: "worker", reason: "it is gone"))
                }
                let monitor = RunMonitor(
                    worker: owned.worker,
                    control: control,
                    node: node,
                    rank: rank,
                    lostSeat: { [self] in lostSeat }
                )
                var ring = Ring<TLSLink>(
                    rank: rank,
                    worldSize: worldSize,
                    generation: generation,
                    next: links?.next.take(),
                    previous: links?.previous.take(),
                    monitor: monitor
                )
                ring.sendsWhole = sendsWhole
                ring.keepCore(after: core)
                var engine = RunEngine(
                    worker: owned.worker,
                    monitor: monitor,
                    ring: ring
                ) { news in
                    // A thread that is started for whoever listens inherits where it may run.
                    cl_leave_core()
                    source.yield(news)
                    cl_return_to_core()
                }
                let end = engine.run()
                return .success((end, engine.bytesSent))
            }
        } catch { throw failed("\(error)") }
        source.finish()
        await listener.value
        return try conclude(end.0, bytesSent: end.1)
    }

    private func conclude(_ end: RunEnd, bytesSent: Int) throws(RunFailure) -> SeatResult {
        switch end {
        case .broken(let cause): throw RunFailure(cause: cause, bytesSent: bytesSent)
        case .finished(let metadata, let state):
            do throws(WireError) {
                let report = try TrainingReport(bytes: metadata)
                var result = report.result
                result.bytesSentPerNode = bytesSent
                for index in result.metrics.indices where result.metrics[index].confusion != nil {
                    result.metrics[index].labels = prepared.dataset.labels.classNames
                }
                if let bad = result.cause?.rank, bad.index < record.plan.worldSize {
                    result.cause?.node = record.plan.seats[bad.index].node
                }
                return SeatResult(result: result, model: try model(report.shape, floats(state)))
            } catch { throw failed("the worker's report cannot be read: \(error)") }
        }
    }

    /// The model that a worker reports; it must be one of this run's data.
    private func model(
        _ shape: ModelShape?,
        _ words: [Float]
    ) throws(WireError) -> MadeModel? {
        guard let shape else { return nil }
        let classes = prepared.dataset.labels.classCount
        guard shape.columns == prepared.dataset.columns, shape.classes == classes,
            shape.wordCount == words.count
        else { throw .badValue(what: "model", value: "another one than this run's") }
        return MadeModel(shape: shape, words: words)
    }

    private func take(_ news: RunNews) async {
        switch news {
        case .log(let line): note("\(line.level)", line.text)
        case .progress(let bytes):
            switch try? TrainingNews(bytes: bytes) {
            case .chose(let line): chose(line)
            case .progress(let point): progressed(point)
            case nil: note("warning", "the worker sent progress that cannot be read")
            }
        case .checkpoint(let metadata, let state):
            await store(state.isEmpty ? metadata : state)
        }
    }

    private func store(_ bytes: [UInt8]) async {
        do throws(RPCError) {
            let step = try await storeCheckpoint(
                bytes,
                of: id,
                tenant: tenant,
                generation: generation,
                in: world
            )
            saved(step: step)
        } catch { missedCheckpoint(because: error) }
    }
}

/// The weight of each class as the owner said it; empty where nothing was said.
private func classWeights(of spec: RunSpec, on dataset: DatasetManifest) -> [Double] {
    guard case .classes(let names) = dataset.labels, !spec.weighing.classWeights.isEmpty else {
        return []
    }
    return names.map { name in
        spec.weighing.classWeights.last { $0.label == name }?.weight ?? 1
    }
}

/// A worker on its way to the thread that will own it.
struct OwnedWorker: ~Copyable {
    let worker: WorkerProcess
}

/// Little-endian floats.
private func floats(_ bytes: [UInt8]) -> [Float] {
    bytes.withUnsafeBytes { buffer in
        (0..<buffer.count / 4).map { buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
}
