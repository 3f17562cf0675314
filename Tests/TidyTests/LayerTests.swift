import Foundation
import Testing

@Suite("The layers of the house")
struct LayerTests {
    let targets: [String: ManifestTarget]

    init() throws {
        let list = try manifestTargets()
        targets = Dictionary(list.map { ($0.name, $0) }) { first, _ in first }
    }

    @Test("The manifest was understood")
    func understood() {
        #expect(targets.count > 30)
        #expect(targets["Domain"]?.layer == 1)
        #expect(targets["Daemon"]?.dependencies.contains("Catalog") == true)
        #expect(targets["distmld"]?.layer == 6)
    }

    @Test("A target depends on lower layers only")
    func downwards() {
        for target in targets.values {
            guard let layer = target.layer else { continue }
            for name in target.dependencies {
                guard let lower = targets[name]?.layer else { continue }
                #expect(lower < layer, "\(target.name) (\(layer)) depends on \(name) (\(lower))")
            }
        }
    }

    @Test("A file imports only what its target declares", arguments: SourceTree.allSwift)
    func declared(file: SourceFile) throws {
        let target = try #require(targets[file.target], "no target for \(file.path)")
        for line in file.text.split(separator: "\n") {
            guard let match = line.firstMatch(of: importPattern) else { continue }
            let name = String(match.1)
            guard targets[name] != nil || thirdParty.contains(name) else { continue }
            #expect(
                target.dependencies.contains(name),
                "\(file.path) imports \(name), which \(target.name) does not declare"
            )
        }
    }

    @Test("Foundation stays out of whatever the worker links", arguments: SourceTree.swiftSources)
    func noFoundation(file: SourceFile) {
        guard foundationFree.contains(file.target) else { return }
        for word in ["import Foundation", "import Dispatch"] {
            #expect(!file.text.contains(word), "\(file.path): \(word)")
        }
    }

    @Test("The client links neither OpenSSL nor SQLite, the worker no libssl")
    func small() {
        let client = closure(of: "distmlctl")
        #expect(client.isDisjoint(with: ["CCrypto", "CTLS", "GRDB", "Catalog", "Daemon"]))
        let worker = closure(of: "distml-worker")
        #expect(worker.isDisjoint(with: ["CTLS", "TLSTransport", "GRDB", "ControlAPI", "JSONRPC"]))
    }

    private func closure(of name: String) -> Set<String> {
        var reached: Set<String> = [name]
        var waiting = [name]
        while let next = waiting.popLast() {
            for child in targets[next]?.dependencies ?? [] where reached.insert(child).inserted {
                waiting.append(child)
            }
        }
        return reached
    }
}

private let foundationFree: Set<String> = [
    "Domain", "Wire", "LinearAlgebra", "Datasets", "Learning", "Registers", "Transport",
    "TLSTransport", "Collectives", "WorkerLink", "Training", "distml-worker",
]

private let thirdParty: Set<String> = [
    "ArgumentParser", "GRDB", "Logging", "ServiceLifecycle", "Yams",
]

/// An import line, whatever its access level and kind; captures the module.
private var importPattern: Regex<(Substring, Substring)> {
    /^\s*(?:@testable |public |internal |private )*import (?:struct |class |func )?(\w+)/
}
