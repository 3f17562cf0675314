import Foundation
import TLSTransport
import Testing
import Transport

@Suite("The listener")
struct ListenerTests {
    @Test(
        "It takes a free port and says which, over IPv4 and IPv6",
        arguments: ["127.0.0.1", "::1"]
    )
    func port(host: String) throws {
        let cluster = try TestCluster()
        let (client, server) = (try cluster.context("n1"), try cluster.context("n2"))
        let listener = try TLSListener(on: PeerAddress(host: host, port: 0))
        #expect(listener.port != 0)
        let nobody = try listener.accept()
        #expect(nobody == nil)
        let address = PeerAddress(host: host, port: listener.port)
        let dialled = onThread { () -> String in
            do throws(TransportError) {
                let link = try TLSLink.connect(
                    to: address,
                    expecting: server.node,
                    over: .rpc,
                    as: client,
                    options: .control,
                    until: .after(patience)
                )
                return link.address
            } catch {
                return error.description
            }
        }
        let socket = try listener.next()
        #expect(socket.host == host)
        _ = try TLSLink.accept(socket, over: [.rpc], as: server, until: .after(patience)) {
            _,
            _ in true
        }
        #expect(dialled.wait() == address.description)
    }

    @Test("A host name is looked up")
    func hostName() throws {
        let listener = try TLSListener(on: PeerAddress(host: "localhost", port: 0))
        #expect(listener.port != 0)
    }

    @Test("A port that is taken is named")
    func taken() throws {
        let first = try TLSListener(on: loopback)
        let address = first.address
        #expect(throws: TransportError.system(call: "bind to \(address)", errno: EADDRINUSE)) {
            _ = try TLSListener(on: address)
        }
    }

    @Test("An IPv6 address is written in brackets before its port")
    func brackets() {
        #expect(PeerAddress(host: "fe80::1", port: 7400).description == "[fe80::1]:7400")
        #expect(PeerAddress(host: "n1", port: 7400).description == "n1:7400")
    }
}
