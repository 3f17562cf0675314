/// The best few of many, by value and then by number.
struct BestFew {
    private(set) var numbers: [Int] = []
    private var values: [Double] = []
    private let countMax: Int
    /// What a value must exceed to come in, once there are enough.
    private(set) var least = -Double.infinity

    init(countMax: Int) {
        self.countMax = countMax
        if countMax == 0 { least = .infinity }
    }

    /// Takes a value that exceeds `least`; numbers come rising.
    mutating func take(_ value: Double, _ number: Int) {
        if numbers.count < countMax {
            numbers.append(number)
            values.append(value)
            rise(from: numbers.count - 1)
        } else {
            (values[0], numbers[0]) = (value, number)
            sink()
        }
        if numbers.count == countMax { least = values[0] }
    }

    /// Best first.
    var sorted: [Int] {
        numbers.indices.sorted { isWorse($1, $0) }.map { numbers[$0] }
    }

    private func isWorse(_ a: Int, _ b: Int) -> Bool {
        values[a] != values[b] ? values[a] < values[b] : numbers[a] > numbers[b]
    }

    private mutating func rise(from start: Int) {
        var place = start
        while place > 0, isWorse(place, (place - 1) / 2) {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink() {
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < numbers.count else { return }
            if child + 1 < numbers.count, isWorse(child + 1, child) { child += 1 }
            guard isWorse(child, place) else { return }
            swap(place, child)
            place = child
        }
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        values.swapAt(a, b)
        numbers.swapAt(a, b)
    }
}

/// What one look over a rank's variables finds.
struct Candidates {
    /// The largest v of those that may go up, and the smallest of those that may go down.
    var largest = -Double.infinity
    var smallest = Double.infinity
    /// Variables that may go up, the most violating first; and down.
    var up: [Int] = []
    var down: [Int] = []
    /// Variables that are not sure to stay where they are.
    var lively = 0
}
