public import TLSTransport

extension PeerAddress {
    /// Reads `host:port`: `node-a:7443`, `10.0.0.1:7443`, `[fd00::1]:7443`; nil where it is none.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        self.init(host: String(host), port: port)
    }
}
