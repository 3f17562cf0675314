import Domain
import Foundation
import StartedPrograms
import TLSTransport

/// Certificates of four nodes, made by the scripts of `certs/` once for all tests.
final class TestCertificates: Sendable {
    static let shared = Result { try TestCertificates() }

    private let contexts: [TLSContext]

    private init() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("distml-ring-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.script("ca", ["--dir", folder, "lab"])
        contexts = try (0..<4).map { number in
            let node = "node-\(number)"
            try Self.script("node", ["--dir", folder, node])
            let files = TLSFiles(
                key: "\(folder)/nodes/\(node)/node.key",
                certificate: "\(folder)/nodes/\(node)/node.pem",
                authority: "\(folder)/nodes/\(node)/ca.pem"
            )
            return try TLSContext(
                TLSIdentity(
                    files: files,
                    node: NodeID(checked: node),
                    cluster: ClusterName(checked: "lab")
                )
            )
        }
    }

    /// A context for a rank; neighbours never have the same one.
    func context(rank: Int, worldSize: Int) -> TLSContext {
        contexts[rank == worldSize - 1 ? 3 : rank % 3]
    }

    private static func script(_ name: String, _ arguments: [String]) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let end = try runProgram(root.appendingPathComponent("certs/\(name)").path, arguments)
        guard end.status == 0 else {
            throw ScriptFailure(text: "certs/\(name): \(end.errors)")
        }
    }
}

struct ScriptFailure: Error {
    let text: String
}
