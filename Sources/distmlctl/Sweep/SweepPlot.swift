import ControlAPI
import Domain
import Glibc

/// base to the power of `share`.
func exponential(_ share: Double, _ base: Double) -> Double { pow(base, share) }

/// Scores over the option whose values are numbers and differ most; nil where none is.
///
/// Each combination of the other options is a line of its own.
func plot(of sweep: SweepDocument) -> Plot? {
    let measured = sweep.trials.filter { $0.score != nil }.map {
        (options: pairs($0.options), score: $0.score ?? 0)
    }
    let names = measured.first?.options.map(\.name) ?? []
    var best: (name: String, values: Set<Double>)?
    for name in names {
        let values = measured.compactMap { trial in
            trial.options.first { $0.name == name }.flatMap { Double($0.value) }
        }
        let distinct = Set(values)
        if values.count == measured.count, distinct.count > (best?.values.count ?? 2) {
            best = (name, distinct)
        }
    }
    guard let (axis, values) = best, let low = values.min(), let high = values.max() else {
        return nil
    }
    var lines: [(name: String, points: [Plot.Point])] = []
    for trial in measured {
        let others = trial.options.filter { $0.name != axis }
        let name = others.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        let x = trial.options.first { $0.name == axis }.flatMap { Double($0.value) } ?? 0
        let point = Plot.Point(x: x, y: trial.score)
        if let place = lines.firstIndex(where: { $0.name == name }) {
            lines[place].points.append(point)
        } else {
            lines.append((name, [point]))
        }
    }
    // More lines than that cannot be told apart, as with draws: then they are one cloud.
    if lines.count > 6 { lines = [("", lines.flatMap(\.points))] }
    return Plot(
        xAxis: PlotAxis(axis, isLogarithmic: low > 0 && high / low >= 10),
        yAxis: PlotAxis(sweep.metric.rawValue),
        lines: lines.map { line in
            Plot.Line(line.name, line.points.sorted { $0.x < $1.x })
        }
    )
}

private func pairs(_ options: String) -> [(name: String, value: String)] {
    options.split(separator: " ").map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1)
        return (String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : "")
    }
}
