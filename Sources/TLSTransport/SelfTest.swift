import CTLS
import Transport

extension TLSContext {
    /// Shakes hands with itself in memory and looks at its own certificate as a peer would.
    func testWithItself() throws(IdentityError) {
        let (there, back) = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
        let client = SSL_new(handle)
        let server = SSL_new(handle)
        guard let there, let back, let client, let server else {
            throw .selfTest(reason: openSSLMessage())
        }
        defer {
            SSL_free(client)
            SSL_free(server)
            ERR_clear_error()
        }
        // Each end owns what it reads from and what it writes to; both are shared.
        BIO_up_ref(there)
        BIO_up_ref(back)
        SSL_set_bio(client, back, there)
        SSL_set_bio(server, there, back)
        SSL_set_connect_state(client)
        SSL_set_accept_state(server)
        let negotiation = Negotiation([.rpc])
        defer { withExtendedLifetime(negotiation) {} }
        _ = distml_set_app_data(server, Unmanaged.passUnretained(negotiation).toOpaque())
        let wire = negotiation.wire
        _ = SSL_set_alpn_protos(client, wire.baseAddress, UInt32(wire.count))
        try shakeHands(client, server)
        for end in [client, server] { try checkSelf(end) }
    }

    private func shakeHands(
        _ client: OpaquePointer,
        _ server: OpaquePointer
    ) throws(IdentityError) {
        // A handshake takes three turns; one that takes ten will never end.
        for _ in 0..<10 {
            let results = [try turn(of: client), try turn(of: server)]
            if results == [true, true] { return }
        }
        throw .selfTest(reason: "it does not come to an end")
    }

    private func turn(of ssl: OpaquePointer) throws(IdentityError) -> Bool {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 { return true }
        if SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ { return false }
        let verified = SSL_get_verify_result(ssl)
        guard verified == X509_V_OK else {
            throw .selfTest(reason: String(cString: X509_verify_cert_error_string(verified)))
        }
        throw .selfTest(reason: openSSLMessage())
    }

    private func checkSelf(_ ssl: OpaquePointer) throws(IdentityError) {
        do {
            let seen = try peerCertificate(of: ssl, in: self, peer: "\(node)")
            guard seen.node == node else {
                throw IdentityError.selfTest(reason: "it is \(seen.node)")
            }
        } catch let error as IdentityError {
            throw error
        } catch {
            throw .selfTest(reason: "\(error)")
        }
    }
}
