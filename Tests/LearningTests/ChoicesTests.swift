import Domain
import Learning
import RowSamples
import Testing

@Suite("What a run chooses from the data")
struct ChoicesTests {
    private func spec(_ algorithm: Algorithm = .sgd) -> RunSpec {
        RunSpec(algorithm: algorithm, dataset: DatasetName(checked: "digits"))
    }

    @Test("The model follows from the labels, or from what was asked")
    func model() throws {
        let three = LabelKind.classes(["a", "b", "c"])
        #expect(Choices.model(for: .real, by: spec()) == .linear)
        #expect(Choices.model(for: .classes(["no", "yes"]), by: spec()) == .logistic)
        #expect(Choices.model(for: three, by: spec()) == .softmax)
        #expect(Choices.model(for: three, by: spec(.svm)) == .svm)
        var network = spec()
        network.network = try NetworkSpec("mlp:8")
        #expect(Choices.model(for: three, by: network) == .mlp)
    }

    @Test(
        "About 256 steps make an epoch, and no batch has more rows than there are",
        arguments: zip([5, 150, 4096, 32_561, 60_000, 10_000_000], [5, 16, 16, 128, 256, 512])
    )
    func batch(rows: Int, batch: Int) {
        #expect(Choices(spec(), rows: rows, labels: .real).batch == batch)
    }

    @Test("Sparse rows come in batches that cost as much as the step over all columns")
    func sparseBatch() throws {
        let rows = SampleRows(
            (0..<3200).map { row in (0..<64).map { $0 == row % 64 ? 1 : 0 } },
            isSparse: true,
            classes: [Int32](repeating: 0, count: 3200)
        )
        let sums = try ColumnSums(of: rows) { _ in true }
        var choices = Choices(spec(), rows: 3200, labels: .real)
        choices.widenBatch(for: sums)
        #expect(choices.batch == 64, "64 columns, one stored value a row")
        var given = spec()
        given.batch = 8
        choices = Choices(given, rows: 3200, labels: .real)
        choices.widenBatch(for: sums)
        #expect(choices.batch == 8)
    }

    @Test("Patience is long where epochs are short and cheap")
    func patience() {
        #expect(Choices(spec(), rows: 150, labels: .real).patience(rows: 150) == 20)
        #expect(Choices(spec(), rows: 5000, labels: .real).patience(rows: 5000) == 6)
        #expect(Choices(spec(), rows: 60_000, labels: .real).patience(rows: 60_000) == 4)
    }

    @Test("Classes get a small penalty unless one is given; gradient descent gets none")
    func penalty() {
        let labels = LabelKind.classes(["a", "b"])
        #expect(Choices(spec(), rows: 100, labels: labels).l2 == 1 / 300.0)
        #expect(Choices(spec(), rows: 100, labels: .real).l2 == 0)
        #expect(Choices(spec(.gd), rows: 100, labels: labels).l2 == 0)
        var given = spec()
        given.l2 = 0
        #expect(Choices(given, rows: 100, labels: labels).l2 == 0)
    }

    @Test("What was said is what is done, and the line says the rest")
    func line() {
        var given = spec()
        given.batch = 32
        given.momentum = 0.5
        given.learningRate = 0.125
        given.schedule = .constant
        given.l2 = 0.01
        let choices = Choices(given, rows: 1000, labels: .classes(["a", "b", "c"]))
        #expect(
            choices.summary(of: .sgd, classes: 3)
                == "model softmax (3 classes) · batch 32 · rate 0.125 (given) · momentum 0.5"
                + " · constant rate, end at the plateau"
        )
        #expect(
            choices.summary(of: .gd, classes: 3)
                == "model softmax (3 classes) · full batch, step by backtracking"
        )
        let chosen = Choices(spec(), rows: 1000, labels: .real).summary(of: .sgd, classes: 0)
        #expect(chosen.hasPrefix("model linear · batch 16 · momentum 0.9"))
        #expect(chosen.hasSuffix("rate ÷ 10 at the first plateau, end at the second"))
    }
}

@Suite("Shuffles")
struct ShuffleTests {
    private func shuffled(_ generator: SeededGenerator) -> [Int] {
        var numbers = Array(0..<1000)
        var generator = generator
        shuffle(&numbers, using: &generator)
        return numbers
    }

    @Test("A shuffle keeps every element, and the seed alone decides the order")
    func permutation() {
        let numbers = shuffled(SeededGenerator(seed: 7, 1, 2))
        #expect(numbers.sorted() == Array(0..<1000))
        #expect(numbers == shuffled(SeededGenerator(seed: 7, 1, 2)))
        let others = [
            SeededGenerator(seed: 8, 1, 2), SeededGenerator(seed: 7, 2, 1),
            SeededGenerator(seed: 7),
        ]
        for other in others { #expect(shuffled(other) != numbers) }
    }

    @Test("Every place is reached about equally often")
    func uniform() {
        var counts = [Int](repeating: 0, count: 10)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            var numbers = Array(0..<10)
            shuffle(&numbers, using: &generator)
            counts[numbers.firstIndex(of: 0) ?? 0] += 1
        }
        // 200 expected with a deviation of 13; five deviations.
        #expect(counts.allSatisfy { abs($0 - 200) < 67 })
    }
}
