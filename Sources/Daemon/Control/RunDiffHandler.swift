import ControlAPI
import Domain
import Foundation
import JSONRPC

/// Compares two runs.
struct RunDiffHandler: Handler {
    typealias M = RunDiff
    let directory: RunDirectory

    func handle(
        _ params: RunDiff.Params,
        for call: ControlCall
    ) async throws(RPCError) -> RunDiff.Reply {
        let left = try await directory.find(params.left, for: call.caller)
        let right = try await directory.find(params.right, for: call.caller)
        return RunDiff.Reply(
            left: left.id,
            right: right.id,
            options: differences(options(of: left), options(of: right)),
            results: differences(results(of: left), results(of: right))
        )
    }
}

/// Fields and their values, in the order in which they are shown.
private typealias Fields = [(name: String, value: String)]

private func differences(_ left: Fields, _ right: Fields) -> [RunDiff.Difference] {
    var names = left.map(\.name)
    names += right.map(\.name).filter { !names.contains($0) }
    return names.compactMap { name in
        let mine = left.first { $0.name == name }?.value
        let other = right.first { $0.name == name }?.value
        return mine == other ? nil : RunDiff.Difference(name: name, left: mine, right: other)
    }
}

/// Every field of what was asked, those inside others with both names.
private func options(of run: RunRecord) -> Fields {
    var spec = run.spec
    // Which part of a sweep it was is no option of a run.
    spec.sweep = nil
    let bytes = (try? JSONCoding.encode(spec)) ?? []
    let tree = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
    var fields: Fields = []
    flatten(tree, "", into: &fields)
    return fields.sorted { $0.name < $1.name }
}

private func flatten(_ value: Any?, _ name: String, into fields: inout Fields) {
    switch value {
    case let object as [String: Any]:
        for (key, inner) in object {
            flatten(inner, name.isEmpty ? key : "\(name).\(key)", into: &fields)
        }
    case let list as [Any]:
        if !list.isEmpty { fields.append((name, list.map { "\($0)" }.joined(separator: ","))) }
    case is NSNull, nil: break
    case let value?: fields.append((name, "\(value)"))
    }
}

private func results(of run: RunRecord) -> Fields {
    let document = RunDocument(run)
    var fields: Fields = [
        ("outcome", document.state), ("choices", document.choices ?? ""),
        ("epochs", number(document.epochs)), ("steps", "\(document.steps)"),
    ]
    let values = [
        ("objective", document.objective), ("loss", document.loss),
        ("dual objective", document.dualObjective),
        ("support vectors", document.supportVectors.map(Double.init)),
    ]
    for (name, value) in values {
        if let value { fields.append((name, number(value))) }
    }
    for metrics in document.metrics {
        let pairs = [
            ("accuracy", metrics.accuracy), ("balanced accuracy", metrics.balancedAccuracy),
            ("f1", metrics.f1), ("roc auc", metrics.rocAUC), ("log loss", metrics.logLoss),
            ("rmse", metrics.rmse), ("r2", metrics.r2),
        ]
        for (name, value) in pairs {
            if let value { fields.append(("\(metrics.on) \(name)", number(value))) }
        }
    }
    fields.append(("seconds", number(document.wallSeconds)))
    fields.append(("nodes", document.nodes.map(\.text).joined(separator: ",")))
    return fields
}

/// Six digits: what a person compares, not where a clock ticked.
private func number(_ value: Double) -> String { String(format: "%.6g", value) }
