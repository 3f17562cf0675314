import ControlAPI
import Datasets
import Domain
import Glibc
import ModelFormats

/// Writes a model into a file of the caller's.
struct ModelExportHandler: Handler {
    typealias M = ModelExport
    let data: DataService

    func handle(
        _ params: ModelExport.Params,
        for call: ControlCall
    ) async throws(RPCError) -> ModelExport.Reply {
        guard let output = call.descriptors.first?.take() else {
            throw RPCError(.badUsage, "there is no file to write to")
        }
        defer { close(output) }
        let model = try await data.model(params.model, for: call.caller)
        let file = try await file(of: model, as: params.format)
        do throws(ObjectError) {
            // A disk that is slow must not hold up the other callers.
            _ = try await onOwnThread("export", failing: noThread) { [data] in
                Result { () throws(ObjectError) in
                    try data.objects.writeAll(file.bytes, to: output, path: "the output")
                }
            }
        } catch {
            throw RPCError(error, node: data.node)
        }
        return ModelExport.Reply(
            model: model.name,
            format: params.format,
            bytes: file.bytes.count,
            hash: contentHash(of: file.bytes),
            remarks: file.remarks
        )
    }

    private func file(
        of model: ModelManifest,
        as format: ModelExport.Format
    ) async throws(RPCError) -> WrittenModel {
        let words = try await data.words(of: model)
        do throws(FormatRefusal) {
            return try ModelContents(model, words: words).written(as: format, of: model)
        } catch {
            throw RPCError(error)
        }
    }
}
