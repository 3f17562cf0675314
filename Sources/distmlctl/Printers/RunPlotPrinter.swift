import ControlAPI
import Domain

/// Prints `runs plot`: one drawing of the losses, one of another figure on validation rows.
struct RunPlotPrinter: Printer {
    func lines(_ reply: RunPlot.Reply, on terminal: Terminal) -> [String] {
        let title = "\(reply.run)" + (reply.name.map { " (\($0))" } ?? "")
        var plots = [lossPlot(reply, title)]
        if reply.metric != .loss, !validation(reply).isEmpty { plots.append(metricPlot(reply)) }
        let hasColor = terminal.hasColor && terminal.outputWidth != nil
        var lines: [String] = []
        for plot in plots {
            if !lines.isEmpty { lines.append("") }
            lines += plot.text(width: terminal.outputWidth, hasColor: hasColor)
        }
        return lines
    }

    func names(_ reply: RunPlot.Reply) -> [String] { [reply.run.text] }

    private func lossPlot(_ reply: RunPlot.Reply, _ title: String) -> Plot {
        // A kernel machine takes blocks of rows, not all of them in turn, and lowers its dual.
        let isByBlocks = reply.points.allSatisfy { $0.epoch == 0 }
        let points = reply.points.map { point in
            Plot.Point(x: isByBlocks ? Double(point.step) : point.epoch, y: point.loss)
        }
        var lines = [Plot.Line("training", points)]
        let held = validation(reply)
        if reply.metric == .loss, !held.isEmpty { lines.append(Plot.Line("validation", held)) }
        return Plot(
            title: title,
            xAxis: PlotAxis(isByBlocks ? "steps" : "epochs"),
            yAxis: PlotAxis(isByBlocks ? "dual objective" : "loss"),
            lines: lines
        )
    }

    private func metricPlot(_ reply: RunPlot.Reply) -> Plot {
        let name = reply.metric.rawValue.replacing("_", with: " ")
        let points = validation(reply)
        var plot = Plot(
            xAxis: PlotAxis("epochs"),
            yAxis: PlotAxis("\(name) on validation rows"),
            lines: [Plot.Line(name, points)]
        )
        let isLarger = reply.metric.isBetterHigher
        if let best = points.max(by: { isLarger ? $0.y < $1.y : $0.y > $1.y }) {
            plot.upright = (best.x, "best: \(short(best.y)) after epoch \(short(best.x))")
        }
        return plot
    }

    private func validation(_ reply: RunPlot.Reply) -> [Plot.Point] {
        reply.points.compactMap { point in
            point.validation.map { Plot.Point(x: point.epoch, y: $0) }
        }
    }
}
