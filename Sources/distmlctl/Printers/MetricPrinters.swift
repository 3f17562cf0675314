import Domain

/// Classes that a table has room for.
private let classesMax = 12

/// Adds a group of lines per set of rows.
func addMetrics(_ metrics: [Metrics], to sheet: inout Sheet) {
    for item in metrics {
        let pairs = metricPairs(item)
        guard !pairs.isEmpty else { continue }
        sheet.add("On \(item.on)", "\(grouped(item.rows)) rows")
        for (name, value) in pairs { sheet.add("  \(name)", short(value, digits: 5)) }
    }
}

/// The one number of a run that a list has room for.
func headline(_ metrics: [Metrics]) -> String {
    let best = metrics.first { $0.on != "training" } ?? metrics.first
    return best?.accuracy.map { fixed($0, 4) } ?? "-"
}

private func metricPairs(_ metrics: Metrics) -> [(String, Double)] {
    let isBinary = metrics.perClass?.count == 2
    let all: [(String, Double?)] = [
        ("accuracy", metrics.accuracy), ("top 5", metrics.top5),
        ("balanced accuracy", metrics.balancedAccuracy),
        ("precision", metrics.precision), ("recall", metrics.recall), ("f1", metrics.f1),
        // For more than two classes `f1` is the macro one, and the micro one always the accuracy.
        ("f1 macro", isBinary ? metrics.f1Macro : nil), ("f1 micro", metrics.f1Micro),
        ("roc auc", metrics.rocAUC), ("pr auc", metrics.prAUC),
        ("log loss", metrics.logLoss), ("rmse", metrics.rmse), ("r2", metrics.r2),
    ]
    return all.compactMap { name, value in value.map { (name, $0) } }
}

/// Adds a table of each class's figures, and one of who was taken for whom.
///
/// Shapes: `counts` (classes, classes) by class and prediction.
func addClasses(
    _ figures: [ClassFigures],
    counts: [[Int]],
    labels: [String],
    to sheet: inout Sheet,
    on terminal: Terminal
) {
    guard labels.count == figures.count, labels.count == counts.count else { return }
    let table = confusion(counts, labels)
    let narrowest = table.lines(width: 1, hasColor: false).map(displayWidth).max() ?? 0
    guard labels.count <= classesMax, narrowest <= terminal.outputWidth ?? .max else {
        sheet.add("Confusion", "too wide to show here; use --json")
        return
    }
    var each = Table([
        .init("CLASS", shrinksTo: 6), .init("ROWS", right: true), .init("PRECISION", right: true),
        .init("RECALL", right: true), .init("F1", right: true),
    ])
    for (label, figure) in zip(labels, figures) {
        each.add([
            .init(label), .init(grouped(figure.rows)), .init(fixed(figure.precision, 4)),
            .init(fixed(figure.recall, 4)), .init(fixed(figure.f1, 4)),
        ])
    }
    sheet.add("EACH CLASS", each)
    sheet.add("ROWS BY CLASS (DOWN) AND PREDICTION (ACROSS)", table)
}

private func confusion(_ counts: [[Int]], _ labels: [String]) -> Table {
    var table = Table(
        [.init("", shrinksTo: 6)]
            + labels.map { .init(printable($0), right: true, shrinksTo: 3) }
    )
    for (row, label) in labels.enumerated() where counts[row].count == labels.count {
        table.add(
            [.init(label)]
                + counts[row].enumerated().map { column, count in
                    .init("\(count)", column == row ? .green : nil)
                }
        )
    }
    return table
}
