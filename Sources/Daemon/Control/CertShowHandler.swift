import ControlAPI
import Domain
import TLSTransport

/// Shows the certificates of all nodes that can be asked.
struct CertShowHandler: Handler {
    typealias M = CertShow
    let directory: NodeDirectory

    func handle(
        _ params: CertShow.Params,
        for call: ControlCall
    ) async throws(RPCError) -> CertShow.Reply {
        var documents: [CertificateDocument] = []
        for node in directory.nodes {
            if node == directory.configuration.node {
                let facts = directory.network.context.certificate
                documents.append(
                    CertificateDocument(facts, of: node, now: wallClockSeconds())
                )
                continue
            }
            // A node that is away has no certificate to show; `node ls` says that it is away.
            let reply = try? await directory.network.call(
                NodeDescribeCall.self,
                Empty(),
                on: node,
                within: peerAnswerLimit
            )
            if let certificate = reply?.certificate { documents.append(certificate) }
        }
        return documents
    }
}
