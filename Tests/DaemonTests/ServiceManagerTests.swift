import Foundation
import Glibc
import Testing

@testable import Daemon

@Suite("What systemd is told")
struct ServiceManagerTests {
    @Test("Each state is one datagram on the socket that systemd names")
    func states() throws {
        let path = FileManager.default.temporaryDirectory.path + "/distml-\(UUID().uuidString)"
        let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(listener)
            unlink(path)
        }
        try #require(withUnixAddress(path) { bind(listener, $0, $1) } == 0)
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": path])
        manager.ready(status: "3 of 3 nodes alive")
        manager.reloading()
        manager.ping()
        manager.stopping()
        #expect(message(listener) == "READY=1\nSTATUS=3 of 3 nodes alive")
        #expect(message(listener)?.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") == true)
        #expect(message(listener) == "WATCHDOG=1")
        #expect(message(listener) == "STOPPING=1\nSTATUS=stopping")
        #expect(message(listener) == nil)
    }

    @Test("Without systemd nobody is told and nothing fails", arguments: [nil, "", "/nowhere/x"])
    func silent(path: String?) {
        let manager = ServiceManager(environment: path.map { ["NOTIFY_SOCKET": $0] } ?? [:])
        manager.ready(status: "x")
        manager.ping()
    }

    private func message(_ listener: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = recv(listener, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
