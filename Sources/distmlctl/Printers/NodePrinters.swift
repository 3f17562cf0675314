import ControlAPI
import Domain

/// Prints `node ls`.
struct NodeListPrinter: ListPrinter {
    let emptyNote = "no nodes"

    func table(_ nodes: [NodeSummary], on terminal: Terminal) -> Table {
        // Reasons are sentences: a terminal gets them below the table, a pipe in it.
        let hasReasons = terminal.outputWidth == nil
        var table = Table(
            [
                .init("NODE"), .init("STATE"), .init("ADDRESS", shrinksTo: 12, dispensable: 1),
                .init("RTT", right: true, dispensable: 3),
                .init("CERT", right: true, dispensable: 2), .init("VERSION", dispensable: 4),
            ] + (hasReasons ? [.init("REASON")] : [])
        )
        for node in nodes {
            var cells: [Table.Cell] = [
                .init(node.isLocal ? "\(node.name)*" : node.name.text),
                .init(node.state.rawValue, color(of: node.state)),
                .init(node.address),
                .init(node.rttSeconds.map(duration) ?? "-"),
                .init(days(node.certificateDays), color(ofDays: node.certificateDays)),
                .init(node.version ?? "-"),
            ]
            if hasReasons { cells.append(.init(node.reason ?? "")) }
            table.add(cells)
        }
        return table
    }

    func lines(_ nodes: [NodeSummary], on terminal: Terminal) -> [String] {
        let hasColor = terminal.hasColor && terminal.outputWidth != nil
        let table = table(nodes, on: terminal).lines(
            width: terminal.outputWidth,
            hasColor: hasColor
        )
        guard let width = terminal.outputWidth else { return table }
        return table
            + nodes.flatMap { node in
                guard let reason = node.reason else { return [String]() }
                return wrapped("\(node.name): \(printable(reason))", to: width)
            }
    }

    func name(_ node: NodeSummary) -> String { node.name.text }
}

/// Prints `node show`.
struct NodePrinter: SheetPrinter {
    func sheet(_ node: NodeShow.Reply, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        let summary = node.summary
        sheet.add("Node", summary.name.text + (summary.isLocal ? " (this node)" : ""))
        sheet.add("State", summary.state.rawValue, color(of: summary.state))
        sheet.add("Reason", summary.reason)
        sheet.add("Address", summary.address)
        sheet.add("Version", summary.version)
        sheet.add("Since", node.startedAt.map(localTime))
        sheet.add("Round trip", summary.rttSeconds.map(duration))
        sheet.add("Clock offset", summary.clockOffsetSeconds.map(signedDuration))
        sheet.add(
            "Isolation",
            node.isolation == "none" ? "none: workers are not confined" : node.isolation,
            node.isolation == "none" ? .red : nil
        )
        if let machine = node.machine { add(machine, to: &sheet) }
        if let certificate = node.certificate { add(certificate, to: &sheet) }
        sheet.add("Runs", node.runs.isEmpty ? nil : node.runs.map(\.text).joined(separator: ", "))
        return sheet
    }

    private func add(_ machine: NodeShow.Machine, to sheet: inout Sheet) {
        sheet.add("Processor", "\(machine.processor), \(machine.cores) cores")
        sheet.add("Load", fixed(machine.load, 2))
        sheet.add(
            "Memory",
            "\(byteSize(machine.memoryAvailableBytes)) of \(byteSize(machine.memoryBytes)) free"
        )
        sheet.add(
            "Disk",
            "\(byteSize(machine.diskAvailableBytes)) of \(byteSize(machine.diskBytes)) free"
        )
        sheet.add("Kernel", machine.kernel)
    }

    private func add(_ certificate: CertificateDocument, to sheet: inout Sheet) {
        sheet.add("Identity", certificate.subject)
        sheet.add(
            "Certificate",
            "until \(localTime(certificate.notAfter)) (\(days(certificate.certificateDays)) left)",
            color(ofDays: certificate.certificateDays)
        )
    }

    func names(_ node: NodeShow.Reply) -> [String] { [node.summary.name.text] }
}

/// Prints `node health` and `doctor`.
struct CheckPrinter: ListPrinter {
    let emptyNote = "nothing was checked"

    func table(_ checks: [Check], on terminal: Terminal) -> Table {
        var table = Table([
            .init("NODE"), .init("CHECK"), .init("STATE"),
            .init("FOUND", shrinksTo: 24, dispensable: 1),
        ])
        for check in checks {
            table.add([
                .init(check.node.text), .init(check.name),
                .init(check.state.rawValue, color(of: check.state)), .init(check.detail),
            ])
        }
        return table
    }

    /// The table, then what to do.
    func lines(_ checks: [Check], on terminal: Terminal) -> [String] {
        guard !checks.isEmpty else { return [] }
        let hasColor = terminal.hasColor && terminal.outputWidth != nil
        var lines = table(checks, on: terminal).lines(
            width: terminal.outputWidth,
            hasColor: hasColor
        )
        for check in checks where check.state != .ok {
            let head = colored(
                "\(check.node) \(printable(check.name)):",
                hasColor ? color(of: check.state) : nil
            )
            let text = [check.detail, check.fix].compactMap(\.self).map(printable)
            lines += ["", head]
            lines += text.flatMap { wrapped($0, to: (terminal.outputWidth ?? 10_000) - 2) }
                .map { "  \($0)" }
        }
        return lines
    }

    func name(_ check: Check) -> String { "\(check.node)/\(check.name)" }

    private func color(of state: Check.State) -> Color {
        switch state {
        case .ok: .green
        case .warning: .yellow
        case .failure: .red
        }
    }
}

/// The color of a node's state.
func color(of state: NodeState) -> Color {
    switch state {
    case .alive: .green
    case .suspect: .yellow
    case .dead: .red
    }
}

/// Days left, as whole days where there are many.
func days(_ days: Double?) -> String {
    guard let days else { return "-" }
    if days < 0 { return "ended" }
    return days < 3 ? duration(days * 86_400) : "\(Int(days))d"
}

/// The color of days left: 30 is when somebody should act.
func color(ofDays days: Double?) -> Color? {
    guard let days else { return nil }
    return days < 3 ? .red : days < 30 ? .yellow : nil
}

private func signedDuration(_ seconds: Double) -> String {
    (seconds < 0 ? "-" : "+") + duration(seconds.magnitude)
}
