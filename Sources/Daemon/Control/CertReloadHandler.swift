import ControlAPI
import Domain
import TLSTransport

/// Reads this node's key, certificate, authority and revocation list again.
struct CertReloadHandler: Handler {
    typealias M = CertReload
    let services: Services

    func handle(
        _ params: CertReload.Params,
        for call: ControlCall
    ) async throws(RPCError) -> CertReload.Reply {
        let hasChanged = try services.reload()
        let document = CertificateDocument(
            services.network.context.certificate,
            of: services.configuration.node,
            now: wallClockSeconds()
        )
        return CertReload.Reply(certificate: document, changed: hasChanged)
    }
}
