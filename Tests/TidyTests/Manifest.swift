import Foundation

/// What `Package.swift` says of one target.
struct ManifestTarget: Sendable {
    let name: String
    let kind: String
    /// Number in the comment `// Layer N:` above it; nil for tests.
    let layer: Int?
    /// Names of targets and products it declares.
    let dependencies: [String]
}

/// The targets of `Package.swift`, read as text: the layer comments are part of the contract.
func manifestTargets() throws -> [ManifestTarget] {
    let file = SourceTree.root.appending(path: "Package.swift")
    let text = try String(contentsOf: file, encoding: .utf8)
    var layer: Int?
    var targets: [ManifestTarget] = []
    var block: (kind: String, text: String)?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        if let match = line.firstMatch(of: /\/\/ Layer (\d+):/) { layer = Int(match.1) }
        if let match = line.firstMatch(
            of: /^ {8}\.(target|executableTarget|testTarget|systemLibrary)\(/
        ) {
            block = (String(match.1), "")
        }
        guard block != nil else { continue }
        block?.text += line + "\n"
        let isClosed = line.firstMatch(of: /^ {8}\),?$/) != nil
        let isOneLine = line.hasPrefix("        .") && line.hasSuffix("),")
        if let done = block, isClosed || isOneLine {
            targets.append(target(kind: done.kind, text: done.text, layer: layer))
            block = nil
        }
    }
    return targets
}

private func target(kind: String, text: String, layer: Int?) -> ManifestTarget {
    let name = text.firstMatch(of: /name: "([^"]+)"/).map { String($0.1) } ?? ""
    var dependencies: [String] = []
    if let list = text.firstMatch(of: /(?s)dependencies: \[(.*?)\n? *\]\s*[,)\n]/) {
        let bare = list.1.replacing(/package: "[^"]*"/, with: "")
        dependencies = bare.matches(of: /"([^"]+)"/).map { String($0.1) }
    }
    return ManifestTarget(
        name: name,
        kind: kind,
        layer: kind == "testTarget" ? nil : layer,
        dependencies: dependencies
    )
}
