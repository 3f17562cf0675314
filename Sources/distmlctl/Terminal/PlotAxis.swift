import Glibc

/// One axis of a plot: what it spans, and where its ticks are.
struct PlotAxis: Equatable {
    /// What is measured, with its unit.
    var title: String
    /// Whether equal ratios take equal room.
    var isLogarithmic = false

    init(_ title: String, isLogarithmic: Bool = false) {
        self.title = title
        self.isLogarithmic = isLogarithmic
    }

    /// Whether a value has a place on the axis.
    func holds(_ value: Double) -> Bool { value.isFinite && (!isLogarithmic || value > 0) }

    /// The values from least to greatest, widened where they are all the same; nil for none.
    func span(of values: [Double]) -> ClosedRange<Double>? {
        let held = values.filter(holds)
        guard let low = held.min(), let high = held.max() else { return nil }
        if low < high { return low...high }
        if isLogarithmic { return low / 2...low * 2 }
        let margin = low == 0 ? 1 : abs(low) * 0.1
        return low - margin...low + margin
    }

    /// Where a value lies in the span: 0 at its lower end, 1 at its upper.
    func share(of value: Double, in span: ClosedRange<Double>) -> Double {
        guard isLogarithmic else {
            // Halves, so that a span over all numbers does not overflow.
            return (value / 2 - span.lowerBound / 2) / (span.upperBound / 2 - span.lowerBound / 2)
        }
        return log(value / span.lowerBound) / log(span.upperBound / span.lowerBound)
    }

    /// Round values in the span with at most `count` steps between them, and how they are written.
    func ticks(in span: ClosedRange<Double>, steps count: Int) -> [(value: Double, text: String)] {
        guard count > 0 else { return [] }
        let decades = isLogarithmic ? log10(span.upperBound / span.lowerBound) : 0
        return decades >= 1 ? decadeTicks(in: span, count) : evenTicks(in: span, count)
    }

    private func decadeTicks(
        in span: ClosedRange<Double>,
        _ count: Int
    ) -> [(value: Double, text: String)] {
        let first = Int(log10(span.lowerBound).rounded(.up))
        let last = Int(log10(span.upperBound).rounded(.down))
        guard first <= last else { return evenTicks(in: span, count) }
        let stride = max(1, (last - first + count - 1) / count)
        return Swift.stride(from: first, through: last, by: stride).map { exponent in
            let value = pow(10, Double(exponent))
            return (value, short(value, digits: 4))
        }
    }

    private func evenTicks(
        in span: ClosedRange<Double>,
        _ count: Int
    ) -> [(value: Double, text: String)] {
        let half = span.upperBound / 2 - span.lowerBound / 2
        let step = roundStep(atLeast: half / Double(count) * 2)
        guard step > 0, step.isFinite else { return [] }
        var ticks: [(value: Double, text: String)] = []
        var number = (span.lowerBound / step).rounded(.up)
        let largest = max(abs(span.lowerBound), abs(span.upperBound))
        let digits = min(12, max(5, Int(log10(largest / step).rounded(.down)) + 2))
        while number * step <= span.upperBound, ticks.count <= count {
            // Zero must not be written as -0.
            let value = number == 0 ? 0 : number * step
            ticks.append((value, short(value, digits: digits)))
            number += 1
        }
        return ticks
    }

    /// The smallest of 1, 2 and 5 times a power of ten that is no smaller.
    private func roundStep(atLeast least: Double) -> Double {
        guard least > 0, least.isFinite else { return 0 }
        let power = pow(10, log10(least).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= least * (1 - 1e-9) } ?? 10 * power
    }
}
