import ControlAPI
import Domain

/// One trial of a sweep that was not started.
struct SweepDraft: Codable, Sendable {
    /// The options that make it.
    var options: String
    /// What its first run would be.
    var run: RunCheck.Reply
}

/// Prints `sweep --dry-run`.
struct SweepDraftPrinter: ListPrinter {
    var emptyNote = "there is nothing to try"

    func table(_ drafts: [SweepDraft], on terminal: Terminal) -> Table {
        var table = Table([
            .init("OPTIONS", shrinksTo: 12), .init("NODES", dispensable: 1),
            .init("CHOSEN", shrinksTo: 12),
        ])
        for draft in drafts {
            let nodes = draft.run.nodes.map(\.text).joined(separator: ",")
            table.add([.init(draft.options), .init(nodes), .init(draft.run.choices)])
        }
        return table
    }

    func name(_ draft: SweepDraft) -> String { draft.options }
}

/// Prints `sweep show`, and the end of `sweep`, `sweep wait` and `sweep stop`.
struct SweepPrinter: Printer {
    func lines(_ sweep: SweepDocument, on terminal: Terminal) -> [String] {
        let hasColor = terminal.hasColor && terminal.outputWidth != nil
        var lines = table(of: sweep).lines(width: terminal.outputWidth, hasColor: hasColor)
        if let plot = plot(of: sweep) {
            lines.append("")
            lines += plot.text(width: terminal.outputWidth, hasColor: hasColor, rows: 10)
        }
        lines.append("")
        lines += sheet(of: sweep).lines(width: terminal.outputWidth, hasColor: hasColor)
        return lines
    }

    func names(_ sweep: SweepDocument) -> [String] { [sweep.model?.text ?? sweep.id.text] }

    private func table(of sweep: SweepDocument) -> Table {
        var table = Table([
            .init("TRIAL", right: true), .init("OPTIONS", shrinksTo: 12),
            .init("STATE", dispensable: 2),
            .init(sweep.metric.rawValue.uppercased(), right: true),
            .init("±", right: true, dispensable: 3), .init("LOSS", right: true, dispensable: 4),
            .init("EPOCHS", right: true, dispensable: 5),
            .init("TIME", right: true, dispensable: 6), .init("RUN", dispensable: 1),
        ])
        for trial in ranked(sweep) {
            let isBest = trial.trial == sweep.best
            table.add([
                .init("\(trial.trial)", isBest ? .green : nil),
                .init(trial.options.isEmpty ? "-" : trial.options, isBest ? .green : nil),
                .init(trial.state, color(of: trial)),
                .init(trial.score.map { short($0, digits: 5) } ?? "-", isBest ? .green : nil),
                .init(trial.deviation.map { short($0, digits: 2) } ?? "-"),
                .init(trial.loss.map { short($0) } ?? "-"),
                .init(trial.epochs > 0 ? short(trial.epochs, digits: 3) : "-"),
                .init(trial.seconds > 0 ? duration(trial.seconds) : "-"),
                .init(
                    (trial.runs.first?.text ?? "-")
                        + (trial.runs.count > 1 ? " +\(trial.runs.count - 1)" : "")
                ),
            ])
        }
        return table
    }

    /// The best first, what was not measured last.
    private func ranked(_ sweep: SweepDocument) -> [SweepDocument.Trial] {
        let sign = sweep.metric.isBetterHigher ? 1.0 : -1
        func order(_ trial: SweepDocument.Trial) -> (Int, Double, Int) {
            guard trial.state == "measured", let score = trial.score else {
                return (1, 0, trial.trial)
            }
            return (trial.trial == sweep.best ? -1 : 0, -sign * score, trial.trial)
        }
        return sweep.trials.sorted { order($0) < order($1) }
    }

    private func color(of trial: SweepDocument.Trial) -> Color? {
        switch trial.state {
        case "measured": .green
        case "waiting", "running": nil
        case "behind": .yellow
        default: .red
        }
    }

    private func sheet(of sweep: SweepDocument) -> Sheet {
        var sheet = Sheet()
        sheet.add("Sweep", sweep.id.text + (sweep.name.map { " (\($0))" } ?? ""))
        sheet.add("Status", sweep.status.rawValue, sweep.trouble == nil ? nil : .red)
        sheet.add("Trouble", sweep.trouble, .red)
        sheet.add("Algorithm", "\(sweep.algorithm.rawValue) on \(sweep.dataset)")
        let halving = sweep.halving ? ", the last two thirds stopped after 1, 3, 9, … epochs" : ""
        let folds = sweep.folds.map { "\($0) folds" } ?? "rows held out"
        sheet.add("Compared", "\(sweep.metric.rawValue) on \(folds)\(halving)")
        if let best = sweep.best {
            let trial = sweep.trials[best - 1]
            let options = trial.options.isEmpty ? "" : ": \(trial.options)"
            sheet.add("Best", "trial \(best)\(options)", .green)
            sheet.add(sweep.metric.rawValue, text(of: trial))
        }
        sheet.add("Last run", sweep.run?.text)
        sheet.add("Model", sweep.model?.text)
        sheet.add("Led by", sweep.coordinator.text)
        sheet.add("Started", localTime(sweep.startedAt))
        sheet.add("Ended", sweep.endedAt.map(localTime))
        return sheet
    }

    private func text(of trial: SweepDocument.Trial) -> String? {
        guard let score = trial.score else { return nil }
        let deviation = trial.deviation.map { " ± \(short($0, digits: 2)) over the folds" } ?? ""
        return short(score, digits: 5) + deviation
    }
}

/// Prints `sweep ls`.
struct SweepListPrinter: ListPrinter {
    let emptyNote = "no sweeps; start one with 'distmlctl sweep sgd --dataset NAME --grid lr=…'"

    func table(_ sweeps: [SweepDocument], on terminal: Terminal) -> Table {
        var table = Table([
            .init("SWEEP"), .init("STATE"), .init("NAME", shrinksTo: 8, dispensable: 3),
            .init("ALG", dispensable: 5), .init("DATASET", shrinksTo: 8, dispensable: 2),
            .init("TRIALS", right: true), .init("BEST", right: true),
            .init("OPTIONS", shrinksTo: 8, dispensable: 1), .init("STARTED", dispensable: 4),
        ])
        let now = secondsSince1970()
        for sweep in sweeps {
            let best = sweep.best.map { sweep.trials[$0 - 1] }
            table.add([
                .init(sweep.id.text),
                .init(sweep.status.rawValue, sweep.trouble == nil ? nil : .red),
                .init(sweep.name?.text ?? "-"), .init(sweep.algorithm.rawValue),
                .init(sweep.dataset.text), .init("\(sweep.finished)/\(sweep.trials.count)"),
                .init(best?.score.map { short($0) } ?? "-"), .init(best?.options ?? "-"),
                .init(age(sweep.startedAt, now: now)),
            ])
        }
        return table
    }

    func name(_ sweep: SweepDocument) -> String { sweep.id.text }
}

/// Prints the end of `sweep -d` and `sweep resume -d`: the id alone.
struct SweepStartPrinter: Printer {
    func lines(_ reply: SweepStart.Reply, on terminal: Terminal) -> [String] { names(reply) }

    func names(_ reply: SweepStart.Reply) -> [String] { [reply.sweep.text] }
}
