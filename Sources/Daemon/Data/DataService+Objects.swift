import ControlAPI
import Datasets
import Domain
import Glibc
import JSONRPC
import TLSTransport
import Transport

/// Files that come from other nodes.
extension DataService {
    /// Fetches a file from a peer, has it checked on a thread of its own and keeps it.
    func fetchObject<Payload: Codable & Sendable>(
        from holder: NodeID,
        _ method: String,
        _ payload: Payload,
        bytes: Int,
        tenant: TenantID,
        checking isRight: @escaping @Sendable (Int32) throws(DatasetError) -> Bool
    ) async throws(RPCError) -> ObjectID {
        let request = try encoding(payload)
        let file: ScratchFile
        do throws(ObjectError) { file = try objects.create() } catch {
            throw RPCError(error, node: node)
        }
        let received = try await asking { () async throws(PeerError) in
            try await network.fetch(
                holder,
                method,
                request,
                into: file.descriptor,
                bytesMax: bytes
            )
        }
        guard received == bytes else {
            throw RPCError(.failed, "sent \(received) bytes instead of \(bytes)", node: holder)
        }
        do throws(DataError) {
            return try await onOwnThread("check", failing: DataError.noThread) { [objects] in
                Result { () throws(DataError) in
                    try keep(file, in: objects, of: tenant, if: isRight)
                }
            }
        } catch {
            throw RPCError(error, node: node)
        }
    }
}

/// Makes an object of a file whose contents are right.
private func keep(
    _ file: ScratchFile,
    in objects: ObjectStore,
    of tenant: TenantID,
    if isRight: (Int32) throws(DatasetError) -> Bool
) throws(DataError) -> ObjectID {
    let isKept: Bool
    do throws(DatasetError) { isKept = try isRight(file.descriptor) } catch { throw .data(error) }
    guard isKept else { throw .misplaced("it is not what was asked for") }
    do throws(ObjectError) {
        return try objects.commit(file, pages: nil, tenant: tenant)
    } catch {
        throw .object(error)
    }
}

/// What goes with a request for an object.
func encoding(_ payload: some Codable & Sendable) throws(RPCError) -> [UInt8] {
    do throws(ProtocolError) {
        return try JSONCoding.encode(payload)
    } catch {
        throw RPCError(.internalError, "\(error)")
    }
}

/// What came with a request for an object.
func decoding<Payload: Codable & Sendable>(
    _ payload: [UInt8]
) throws(PeerRefusal) -> Payload {
    do throws(ProtocolError) {
        return try JSONCoding.decode(Payload.self, from: payload)
    } catch {
        throw PeerRefusal(code: error.code, message: "\(error)")
    }
}

/// Closes a descriptor; a function, because `close` means something else in many a scope.
func closeFile(_ descriptor: Int32) { close(descriptor) }

/// A missing thread, as an error of files: whoever wanted to write one could not.
func noThread(_ error: TransportError) -> ObjectError {
    .system(call: "pthread_create", path: "\(error)", errno: EAGAIN)
}
