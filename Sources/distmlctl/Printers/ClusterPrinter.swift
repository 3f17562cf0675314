import ControlAPI
import Domain

/// Prints `cluster status`.
struct ClusterPrinter: SheetPrinter {
    func sheet(_ status: ClusterStatus.Reply, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        let alive = status.nodes.count { $0.state == .alive }
        sheet.add("Cluster", status.cluster.text)
        sheet.add("Health", word(for: status.health), color(of: status.health))
        for problem in status.problems { sheet.add("", problem, .yellow) }
        sheet.add("Nodes", "\(alive) of \(status.nodes.count) alive; asked \(status.node)")
        sheet.add("Datasets", "\(status.datasets)")
        sheet.add("Models", "\(status.models)")
        sheet.add("Runs", status.runs.isEmpty ? "none under way" : "\(status.runs.count) under way")
        sheet.add("NODES", NodeListPrinter().table(status.nodes, on: terminal))
        sheet.add("RUNS", RunListPrinter().table(status.runs, on: terminal))
        return sheet
    }

    func names(_ status: ClusterStatus.Reply) -> [String] { [status.cluster.text] }
}

/// The state of a cluster in words.
func word(for health: ClusterStatus.Health) -> String {
    switch health {
    case .healthy: "healthy"
    case .degraded: "degraded"
    case .noMajority: "no majority"
    }
}

/// The color of a cluster's state.
func color(of health: ClusterStatus.Health) -> Color {
    switch health {
    case .healthy: .green
    case .degraded: .yellow
    case .noMajority: .red
    }
}
