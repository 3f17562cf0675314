import ControlAPI
import Domain
import Glibc

/// Imports files: reads, checks, shards and replicates them; or only says what it would do.
struct DatasetAddHandler: StreamHandler {
    typealias M = DatasetAdd
    let data: DataService

    func handle(
        _ params: DatasetAdd.Params,
        for call: ControlCall,
        telling items: ItemSink<DatasetAdd.Item>
    ) async throws(RPCError) -> DatasetDocument {
        guard params.files.count == call.descriptors.count else {
            throw RPCError(
                .badUsage,
                "\(params.files.count) files with \(call.descriptors.count) descriptors"
            )
        }
        let files = call.descriptors.compactMap { $0.take() }
        defer { for file in files { close(file) } }
        // A client that reads slowly sees fewer points, and slows nothing down.
        let (points, feed) = AsyncStream.makeStream(
            of: DatasetAdd.Item.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        let telling = Task {
            for await point in points { try? await items.send(point) }
        }
        let addition = DatasetAddition(data, params, for: call.caller) { feed.yield($0) }
        let result: Result<DatasetDocument, RPCError>
        do throws(RPCError) {
            result = .success(try await document(of: addition, files))
        } catch {
            result = .failure(error)
        }
        // No item comes after the reply.
        feed.finish()
        await telling.value
        return try result.get()
    }

    private func document(
        of addition: DatasetAddition,
        _ files: [Int32]
    ) async throws(RPCError) -> DatasetDocument {
        if addition.params.dryRun {
            if addition.params.isLocal { return try await addition.rehearseJoining(files) }
            return try await addition.rehearse(files)
        }
        let manifest = try await addition.run(files)
        // All holders have read every byte back a moment ago.
        return DatasetDocument(manifest) { _, _ in true }
    }
}
