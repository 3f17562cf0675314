import Catalog
import ControlAPI
import Datasets
import Domain
import Registers
import TLSTransport
import Wire
import Logging

/// The second half: everywhere or nowhere.
extension DatasetAddition {
    /// Sends each shard to its holders; each reads it back itself and says what it has.
    func push(
        _ manifest: DatasetManifest,
        _ layouts: [ShardLayout]
    ) async throws(RPCError) {
        let copies = manifest.shards.flatMap { shard in
            shard.holders.filter { $0 != data.node }.map { (shard: shard, holder: $0) }
        }
        let bytesMax = copies.reduce(0) { $0 + $1.shard.bytes }
        var bytes = 0
        for copy in copies {
            guard !Task.isCancelled else { throw RPCError(.failed, "the client is gone") }
            let layout = layouts[copy.shard.index]
            let hash = try await push(copy.shard, layout, to: copy.holder)
            guard hash == copy.shard.hash.bytes else {
                throw RPCError(
                    .failed,
                    "shard \(copy.shard.index) arrived there as something else",
                    node: copy.holder
                )
            }
            bytes += copy.shard.bytes
            tell(.init(phase: "sending", bytes: bytes, bytesMax: bytesMax, rows: manifest.rows))
        }
    }

    private func push(
        _ shard: ShardDescription,
        _ layout: ShardLayout,
        to holder: NodeID
    ) async throws(RPCError) -> [UInt8] {
        let source: ObjectSource
        do throws(DataError) {
            source = try await data.staging.source(staging, shard: shard.index)
        } catch {
            throw RPCError(error, node: data.node)
        }
        defer { closeFile(source.descriptor) }
        var writer = ByteWriter()
        layout.write(to: &writer)
        let announcement = try encoding(
            ShardPush(
                staging: staging,
                tenant: caller.tenant,
                index: shard.index,
                layout: writer.bytes
            )
        )
        return try await asking { () async throws(PeerError) in
            try await data.network.push(holder, ShardPush.method, announcement, from: source)
        }
    }

    /// Hands the manifest to all who are alive; the holders must take it.
    func prepare(
        _ manifest: DatasetManifest,
        on holders: Set<NodeID>
    ) async throws(RPCError) {
        do throws(DataError) { try await data.staging.prepare(staging, manifest) } catch {
            throw RPCError(error, node: data.node)
        }
        let request = DatasetPrepareCall.Request(staging: staging, manifest: manifest)
        for node in data.aliveNodes where node != data.node {
            do throws(PeerError) {
                _ = try await data.network.call(
                    DatasetPrepareCall.self,
                    request,
                    on: node,
                    within: .seconds(60)
                )
            } catch {
                // Whoever holds nothing learns of it by the exchange of records.
                guard !holders.contains(node) else { throw RPCError(error) }
            }
        }
        let missing = holders.subtracting(data.aliveNodes)
        if let lost = missing.min() {
            throw RPCError(.failed, "it was lost while the dataset was added", node: lost)
        }
    }

    /// Makes the name mean the dataset, or leaves nothing of it.
    func commit(
        _ manifest: DatasetManifest,
        expecting version: UInt64
    ) async throws(RPCError) {
        do throws(ClaimError) {
            try await claim(manifest, expecting: version)
        } catch {
            switch error {
            case .refused(let refusal):
                await abandon()
                throw refusal
            case .doubtful(let refusal):
                // Whoever can read the register decides, in the next sweep.
                throw refusal
            }
        }
    }

    /// Makes the name mean the dataset, if nobody was faster.
    private func claim(
        _ manifest: DatasetManifest,
        expecting version: UInt64
    ) async throws(ClaimError) {
        let meaning = NameRegister.dataset(DatasetVersion(manifest)).bytes
        let key = RegisterKey.dataset(manifest.name, of: manifest.tenant)
        var written: RegisterValue?
        do throws(RegisterError) {
            written = try await data.registers.compareAndSet(
                key,
                expecting: version,
                to: meaning
            )
        } catch .changed(let other) {
            // It may be our own write, finished by another's ballot.
            written = other
        } catch .unknown(let reason) {
            do throws(RegisterError) {
                written = try await data.registers.read(key, within: .seconds(10))
            } catch {
                throw .doubtful(RPCError(RegisterError.unknown(reason)))
            }
        } catch {
            throw .refused(RPCError(error))
        }
        guard let written, written.bytes == meaning else { throw .refused(overtaken) }
        do throws(RPCError) {
            let known = try data.knownName(manifest.name, manifest.tenant, written)
            try await data.learn([known])
            await data.staging.settle(staging)
            await data.tellNames([known], ending: staging)
        } catch {
            throw .doubtful(error)
        }
    }

    private var overtaken: RPCError {
        RPCError(
            .conflict,
            params.isLocal
                ? "another node has just added its part of '\(params.name)'"
                : "somebody else has just added a dataset '\(params.name)'",
            hint: params.isLocal
                ? "try again: this part comes after it"
                : "see 'distmlctl dataset show \(params.name)'"
        )
    }

    /// Has every node forget what there is of it.
    func abandon() async {
        let (data, staging) = (data, staging)
        // Its own task: the one that we are in may have been cancelled.
        await Task {
            await data.staging.abort(staging)
            await data.onAllPeers { node in
                _ = try? await data.network.call(
                    DatasetAbortCall.self,
                    .init(staging: staging),
                    on: node,
                    within: .seconds(5)
                )
            }
        }.value
    }
}

/// Why a name does not mean the new dataset.
enum ClaimError: Error {
    /// It does not, and never will.
    case refused(RPCError)
    /// Nobody knows yet.
    case doubtful(RPCError)
}

extension DataService {
    /// What other nodes do here while they add a dataset.
    func serveStaging() {
        network.servePush(ShardPush.method) {
            [weak self] _, payload, bytes async throws(PeerRefusal) in
            let push: ShardPush = try decoding(payload)
            return try await answering { () async throws(RPCError) in
                guard let self else { throw RPCError(.notReady, "stopping") }
                return try await self.sink(for: push, bytes: bytes)
            }
        }
        network.handle(DatasetPrepareCall.self) {
            [weak self] _, request async throws(PeerRefusal) in
            try await answering { () async throws(RPCError) in
                guard let self else { throw RPCError(.notReady, "stopping") }
                do throws(DataError) {
                    try await self.staging.prepare(request.staging, request.manifest)
                } catch {
                    throw RPCError(error, node: self.node)
                }
            }
            return Empty()
        }
        network.handle(DatasetAbortCall.self) {
            [weak self] _, request async throws(PeerRefusal) in
            await self?.staging.abort(request.staging)
            return Empty()
        }
    }

    /// A place for a shard that comes, if the disk has room for it.
    private func sink(for push: ShardPush, bytes: Int) async throws(RPCError) -> ObjectSink {
        let layout: ShardLayout
        do throws(WireError) {
            var reader = ByteReader(push.layout)
            layout = try ShardLayout(from: &reader)
            try reader.finish()
        } catch {
            throw RPCError(.badUsage, "\(error)")
        }
        guard bytes == layout.fileBytes else {
            throw RPCError(.badUsage, "\(bytes) bytes for a shard of \(layout.fileBytes)")
        }
        guard objects.freeBytes() > bytes + spareBytes else {
            throw RPCError(ObjectError.noSpace(folder: objects.folder), node: node)
        }
        do throws(DataError) {
            let descriptor = try await staging.open(
                push.staging,
                tenant: push.tenant,
                shard: push.index,
                layout: layout
            )
            return ObjectSink(descriptor: descriptor) {
                [staging, node] isWhole async throws(PeerRefusal) in
                closeFile(descriptor)
                guard isWhole else { return [] }
                return try await answering { () async throws(RPCError) in
                    do throws(DataError) {
                        return try await staging.complete(push.staging, shard: push.index).bytes
                    } catch {
                        throw RPCError(error, node: node)
                    }
                }
            }
        } catch {
            throw RPCError(error, node: node)
        }
    }
}

/// What a shard must leave free on the disk, for the catalogue and its log.
private let spareBytes = 64 << 20
