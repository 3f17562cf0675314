import ControlAPI
import Domain

/// Prints `ps` and `runs ls`.
struct RunListPrinter: ListPrinter {
    var emptyNote = "no runs; start one with 'distmlctl run sgd --dataset NAME'"

    func table(_ runs: [RunDocument], on terminal: Terminal) -> Table {
        var table = Table([
            .init("RUN"), .init("STATE"), .init("NAME", shrinksTo: 8, dispensable: 3),
            .init("ALG", dispensable: 5), .init("DATASET", shrinksTo: 8, dispensable: 2),
            .init("EPOCH", right: true, dispensable: 1), .init("LOSS", right: true),
            .init("ACCURACY", right: true, dispensable: 4),
            .init("NODES", right: true, dispensable: 6), .init("SWEEP", dispensable: 6),
            .init("STARTED", dispensable: 7),
        ])
        let now = secondsSince1970()
        for run in runs {
            table.add([
                .init(run.id.text),
                .init(run.state + (run.isProvisional ? "?" : ""), color(of: run)),
                .init(run.name?.text ?? "-"), .init(run.algorithm.rawValue),
                .init(run.dataset.text), .init(short(run.epochs, digits: 3)),
                .init(run.loss.map { short($0) } ?? "-"),
                .init(headline(run.metrics)), .init("\(run.nodes.count)"),
                .init(run.sweep.map { "\($0.sweep)" } ?? "-"),
                .init(age(run.startedAt, now: now)),
            ])
        }
        return table
    }

    func name(_ run: RunDocument) -> String { run.id.text }
}

/// Prints `runs show`, and the end of `run`, `wait` and `stop`.
struct RunPrinter: SheetPrinter {
    func lines(_ run: RunDocument, on terminal: Terminal) -> [String] {
        let hasColor = terminal.hasColor && terminal.outputWidth != nil
        var lines = sheet(run, on: terminal).lines(width: terminal.outputWidth, hasColor: hasColor)
        if let plot = ratePlot(of: run) {
            lines.append("")
            lines += plot.text(width: terminal.outputWidth, hasColor: hasColor, rows: 10)
        }
        return lines
    }

    func sheet(_ run: RunDocument, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("Run", run.id.text + (run.name.map { " (\($0))" } ?? ""))
        sheet.add(
            run.outcome == nil ? "Status" : "Outcome",
            run.state + (run.isProvisional ? " (provisional: not yet agreed and stored)" : ""),
            color(of: run)
        )
        sheet.add("Cause", run.cause?.description, .red)
        sheet.add("Ended by", run.rule)
        sheet.add("Algorithm", run.algorithm.rawValue)
        sheet.add("Chosen", run.choices)
        sheet.add("Dataset", run.dataset.text)
        sheet.add("Nodes", run.nodes.map(\.text).joined(separator: ", "))
        // A kernel machine takes blocks of rows, not all of them in turn.
        let hasEpochs = run.epochs > 0 || run.steps == 0
        let steps = "\(grouped(run.steps)) steps"
        sheet.add("Epochs", hasEpochs ? "\(short(run.epochs)), \(steps)" : nil)
        sheet.add("Steps", hasEpochs ? nil : steps)
        sheet.add("Objective", run.objective.map { short($0, digits: 6) })
        sheet.add("Loss", run.loss.map { short($0, digits: 6) })
        sheet.add("Gap", run.certifiedGap.map { "at most \(short($0, digits: 3)), certified" })
        let isCertified = run.certifiedGap != nil
        sheet.add(
            "Violation",
            isCertified ? nil : run.gap.map { "at most \(short($0, digits: 3)) of optimality" }
        )
        sheet.add("Dual", run.dualObjective.map { short($0, digits: 6) })
        let support = isCertified ? "rows within the margin" : "support vectors"
        sheet.add("Support", run.supportVectors.map { "\(grouped($0)) \(support)" })
        sheet.add("Rounds", run.rounds.map { grouped($0) })
        addMetrics(run.metrics, to: &sheet)
        let search = run.searchSeconds.map { "; the search \(duration($0))" } ?? ""
        sheet.add("Time", duration(run.wallSeconds) + search)
        let rate = run.rowsPerSecond
        sheet.add("Rate", rate > 0 ? "\(compact(rate)) rows/s" : nil)
        // A ring of one sends nothing.
        let sent = run.bytesSentPerNode
        sheet.add("Sent", sent > 0 ? "\(byteSize(sent)) per node" : nil)
        sheet.add("Waited", run.traffic.flatMap(waiting))
        sheet.add("Model", run.model?.text)
        sheet.add("Sweep", run.sweep.map(sweepText))
        sheet.add("Seed", "\(run.seed)")
        sheet.add("Checkpoint", run.checkpointStep.map { "step \(grouped($0))" })
        sheet.add("Generation", run.generation.number > 1 ? "\(run.generation)" : nil)
        sheet.add("Started", localTime(run.startedAt))
        sheet.add("Ended", run.endedAt.map(localTime))
        let measured = run.metrics.first { $0.on != "training" } ?? run.metrics.first
        if let measured, let figures = measured.perClass, let counts = measured.confusion {
            let labels = measured.labels ?? []
            addClasses(figures, counts: counts, labels: labels, to: &sheet, on: terminal)
        }
        return sheet
    }

    /// How often and how long the ranks waited for each other, and what computing hid of it.
    private func waiting(_ traffic: TrafficFigures) -> String? {
        guard traffic.waits > 0 else { return nil }
        let text = "\(grouped(traffic.waits)) times, \(duration(traffic.waitSeconds))"
        guard let share = traffic.hiddenShare else { return text }
        return text + "; \(Int((share * 100).rounded())) % of the communication hidden"
    }

    func names(_ run: RunDocument) -> [String] { [run.id.text] }
}

/// The trial by which a run's rate was found; nil where it was not found by trying.
func ratePlot(of run: RunDocument) -> Plot? {
    guard !run.rateTrial.isEmpty else { return nil }
    return Plot(
        title: "the range test by which the rate was found",
        xAxis: PlotAxis("rate", isLogarithmic: true),
        yAxis: PlotAxis("loss"),
        lines: [Plot.Line("loss", run.rateTrial.map { Plot.Point(x: $0.rate, y: $0.loss) })]
    )
}

/// Which part of a sweep a run is.
func sweepText(_ tag: SweepTag) -> String {
    let part = tag.isFinal ? "its best trial, trained once more" : "trial \(tag.trial)"
    return "\(tag.sweep), \(part)" + (tag.options.isEmpty ? "" : " (\(tag.options))")
}

/// Prints `run --dry-run`.
struct RunCheckPrinter: SheetPrinter {
    func sheet(_ reply: RunCheck.Reply, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("Accepted", "nothing was started", .green)
        sheet.add("Chosen", reply.choices)
        sheet.add("Nodes", reply.nodes.map(\.text).joined(separator: ", "))
        let labels = reply.classes > 0 ? "\(reply.classes) classes" : "real labels"
        sheet.add(
            "Data",
            "\(grouped(reply.rows)) rows, \(grouped(reply.columns)) columns, \(labels)"
        )
        sheet.add(
            "Model",
            reply.parameters > 0
                ? "\(grouped(reply.parameters)) parameters, \(byteSize(4 * reply.parameters))"
                : "as many rows as become support vectors"
        )
        let limit = reply.memoryLimitBytes.map { ", of which a worker may hold \(byteSize($0))" }
        sheet.add("Rows", "\(byteSize(reply.shardBytes)) on the node with most\(limit ?? "")")
        return sheet
    }

    func names(_ reply: RunCheck.Reply) -> [String] { reply.nodes.map(\.text) }
}

/// Prints the end of `run -d`: the id alone.
struct RunStartPrinter: Printer {
    func lines(_ reply: RunStart.Reply, on terminal: Terminal) -> [String] { names(reply) }

    func names(_ reply: RunStart.Reply) -> [String] { [reply.run.text] }
}

/// Prints the end of `resume -d`: the id alone.
struct RunResumePrinter: Printer {
    func lines(_ reply: RunResume.Reply, on terminal: Terminal) -> [String] { names(reply) }

    func names(_ reply: RunResume.Reply) -> [String] { [reply.run.text] }
}

/// Prints `runs rm`.
struct RunRmPrinter: Printer {
    func lines(_ reply: RunRm.Reply, on terminal: Terminal) -> [String] {
        ["removed run \(reply.run)"]
    }

    func names(_ reply: RunRm.Reply) -> [String] { [reply.run.text] }
}

/// The color of a run's state.
func color(of run: RunDocument) -> Color? {
    switch run.outcome {
    case nil: nil
    case .converged?, .limitReached?: .green
    case .stopped?, .preempted?: .yellow
    case .diverged?, .nodesLost?, .budgetSpent?, .failed?: .red
    }
}
