import ArgumentParser
import ControlAPI
import Domain

/// Live names for completion: asks the daemon, says nothing where it does not answer.
enum LiveNames {
    case nodes, datasets, runs, models, modelsAndRuns, sweeps

    /// Completes from what the cluster has now.
    var completion: CompletionKind {
        .custom { _, _, _ in
            guard let names = fetchNames(socket: nil) else { return [] }
            return self.select(from: names)
        }
    }

    /// The texts of this kind.
    func select(from names: Names.Reply) -> [String] {
        switch self {
        case .nodes: names.nodes.map(\.text)
        case .datasets: names.datasets.map(\.text)
        case .runs: names.runs.map(\.text) + ["@last"]
        case .models: names.models.map(\.text)
        case .sweeps: names.sweeps.map(\.text) + ["@last"]
        case .modelsAndRuns: names.models.map(\.text) + names.runs.map(\.text) + ["@last"]
        }
    }
}

/// What may be typed where; nil where no daemon answers.
func fetchNames(socket: String?) -> Names.Reply? {
    do throws(RPCError) {
        var client = try Client(path: socketPath(typed: socket))
        return try client.call(Names.self, Empty())
    } catch {
        // Completion must not disturb what is being typed.
        return nil
    }
}
