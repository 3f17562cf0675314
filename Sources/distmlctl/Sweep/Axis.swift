import ControlAPI

/// One option that a sweep varies, as typed: `lr=0.1,0.01`, or `lr=1e-4..1e-1` for draws.
struct Axis: Equatable {
    /// What is tried.
    enum Values: Equatable {
        case list([String])
        /// Drawn between the two: evenly in the logarithm, evenly where the lower one is 0.
        case range(low: Double, high: Double, isWhole: Bool)
    }

    /// The option's name without its dashes.
    let option: String
    var values: Values

    /// Reads what was typed behind `--grid`.
    ///
    /// Commas part the values, unless a value has commas of its own, as `model=mlp:256,128` has;
    /// then `--grid` is given once for each.
    init(typed text: String) throws(RPCError) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw Axis.refusal(text, "it names no option and values", "write lr=0.1,0.01")
        }
        var name = text[..<equals]
        while name.hasPrefix("-") { name.removeFirst() }
        let rest = String(text[text.index(after: equals)...])
        option = String(name)
        if let range = try Axis.range(rest, in: text) {
            values = range
            return
        }
        let parts =
            rest.contains(":")
            ? [rest]
            : rest.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !option.isEmpty, !parts.contains("") else {
            throw Axis.refusal(text, "a value is missing", "write lr=0.1,0.01")
        }
        values = .list(parts)
    }

    private static func range(_ text: String, in typed: String) throws(RPCError) -> Values? {
        guard let dots = text.firstRange(of: "..") else { return nil }
        let (first, last) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
        guard let low = Double(first), let high = Double(last), low.isFinite, high.isFinite else {
            // A name may have dots.
            return nil
        }
        guard low >= 0, low < high else {
            throw refusal(typed, "a range goes from 0 or more to more", "write lr=1e-4..1e-1")
        }
        return .range(low: low, high: high, isWhole: Int(first) != nil && Int(last) != nil)
    }

    private static func refusal(_ text: String, _ reason: String, _ hint: String) -> RPCError {
        RPCError(.badUsage, "--grid \(printable(text)): \(reason)", hint: hint)
    }

    /// Axes of one option become one, in the order in which they were typed.
    static func merged(_ axes: [Axis]) throws(RPCError) -> [Axis] {
        var result: [Axis] = []
        for axis in axes {
            guard let place = result.firstIndex(where: { $0.option == axis.option }) else {
                result.append(axis)
                continue
            }
            guard case .list(let before) = result[place].values, case .list(let more) = axis.values
            else {
                throw refusal(axis.option, "a range cannot be joined with other values", "give one")
            }
            result[place].values = .list(before + more)
        }
        return result
    }
}

extension Axis {
    /// Leaves each value only once, numbers however they are written; returns those that were there
    /// twice.
    mutating func dropDuplicates() -> [String] {
        guard case .list(let given) = values else { return [] }
        var seen: Set<String> = []
        var (kept, twice): ([String], [String]) = ([], [])
        for value in given {
            let isNew = seen.insert(Double(value).map { "\($0)" } ?? value).inserted
            if isNew { kept.append(value) } else { twice.append(value) }
        }
        values = .list(kept)
        return twice
    }
}

/// One value of each axis.
typealias Combination = [(option: String, value: String)]

/// Every combination, the last axis turning fastest.
func grid(of axes: [Axis]) throws(RPCError) -> [Combination] {
    var all: [Combination] = [[]]
    for axis in axes {
        guard case .list(let values) = axis.values else {
            throw RPCError(
                .badUsage,
                "--grid \(axis.option): a range has no end of values",
                hint: "say how many to draw with --random N, or list the values"
            )
        }
        all = all.flatMap { before in values.map { before + [(axis.option, $0)] } }
        guard all.count <= 100_000 else { break }
    }
    return all
}

/// `count` combinations drawn by `seed`, none of them twice.
///
/// Where there are fewer than `count` different ones, those.
func draws(_ count: Int, of axes: [Axis], seed: UInt64) -> [Combination] {
    var numbers = DrawNumbers(state: seed)
    var seen: Set<String> = []
    var result: [Combination] = []
    var misses = 0
    while result.count < count, misses < 1000 {
        let drawn = axes.map { (option: $0.option, value: draw($0, &numbers)) }
        if seen.insert(text(of: drawn)).inserted {
            result.append(drawn)
        } else {
            misses += 1
        }
    }
    return result
}

/// A combination as it is shown: `lr=0.1 l2=0`.
func text(of combination: Combination) -> String {
    combination.map { "\($0.option)=\($0.value)" }.joined(separator: " ")
}

private func draw(_ axis: Axis, _ numbers: inout DrawNumbers) -> String {
    switch axis.values {
    case .list(let values):
        return values[Int(numbers.share() * Double(values.count))]
    case .range(let low, let high, let isWhole):
        let share = numbers.share()
        let value = low > 0 ? low * exponential(share, high / low) : high * share
        // Three digits say all there is to say of a draw, and can be typed again.
        return isWhole ? "\(Int(value.rounded()))" : short(value, digits: 3)
    }
}

/// Numbers from a seed, as good as a draw needs.
///
/// Source: Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
private struct DrawNumbers {
    var state: UInt64

    /// 0 ..< 1.
    mutating func share() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
    }
}
