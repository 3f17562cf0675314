import Foundation
import Testing

@Suite("The layers of the house")
struct LayerTests {
    let targets: [String: ManifestTarget]

    init() throws { targets = try declaredTargets.get() }

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
        for line in file.lines {
            guard let name = importedModule(line) else { continue }
            guard targets[name] != nil || thirdParty.contains(name) else { continue }
            #expect(
                target.dependencies.contains(name),
                "\(file.path) imports \(name), which \(target.name) does not declare"
            )
        }
    }

    @Test(
        "An import is found whatever stands before and after the word",
        arguments: [
            ("import Domain", "Domain"), ("@testable import Daemon", "Daemon"),
            ("    public import Wire", "Wire"), ("internal import struct Domain.Rank", "Domain"),
            ("@preconcurrency private import Glibc", "Glibc"), ("// import Domain", nil),
            ("let text = \"import Domain\"", nil), ("import", nil), ("important thing", nil),
        ] as [(Substring, String?)]
    )
    func imports(line: Substring, module: String?) {
        #expect(importedModule(line) == module)
    }

    @Test("Foundation stays out of whatever the worker links", arguments: SourceTree.swiftSources)
    func noFoundation(file: SourceFile) {
        guard foundationFree.contains(file.target) else { return }
        for word in ["import Foundation", "import Dispatch"] {
            #expect(!file.contains(word), "\(file.path): \(word)")
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

/// Read once, and not for each file anew.
private let declaredTargets = Result {
    Dictionary(try manifestTargets().map { ($0.name, $0) }) { first, _ in first }
}

private let foundationFree: Set<String> = [
    "Domain", "Wire", "LinearAlgebra", "Datasets", "Learning", "Registers", "Transport",
    "TLSTransport", "Collectives", "WorkerLink", "Training", "distml-worker",
]

private let thirdParty: Set<String> = [
    "ArgumentParser", "GRDB", "Logging", "ServiceLifecycle", "Yams",
]

/// The module of an import line, whatever its attributes, access level and kind; nil for others.
private func importedModule(_ line: Substring) -> String? {
    let words = line.utf8.split(separator: 0x20, maxSplits: 6).map { Substring($0) }
    guard let place = words.firstIndex(of: "import"),
        words[..<place].allSatisfy({ $0.utf8.first == 0x40 || accessLevels.contains($0) })
    else { return nil }
    let names = words[(place + 1)...].drop { importKinds.contains($0) }
    return names.first.map { String($0.prefix { $0.isLetter || $0.isNumber || $0 == "_" }) }
}

private let accessLevels: Set<Substring> = [
    "public", "package", "internal", "fileprivate", "private",
]

private let importKinds: Set<Substring> = [
    "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
]
