import Domain
import Glibc

/// A network as textbooks write it: loops over single numbers, in Double.
struct NaiveNetwork {
    let shape: NetworkShape
    let classes: Int

    /// The summed loss over rows with these labels.
    func loss(_ parameters: [Double], _ rows: [[Float]], _ labels: [Float]) -> Double {
        zip(rows, labels).reduce(0) { sum, row in
            let scores = scores(parameters, row.0.map { Double($0) })
            return sum + loss(scores, Double(row.1))
        }
    }

    private func loss(_ scores: [Double], _ label: Double) -> Double {
        switch classes {
        case 0: (scores[0] - label) * (scores[0] - label) / 2
        case 2: log(1 + exp(scores[0])) - label * scores[0]
        default: log(scores.reduce(0) { $0 + exp($1) }) - scores[Int(label)]
        }
    }

    /// The scores of one row.
    func scores(_ parameters: [Double], _ row: [Double]) -> [Double] {
        var values = row
        for (index, stage) in shape.stages.enumerated() {
            let weights = Array(parameters[stage.weights])
            let biases = Array(parameters[stage.biases])
            switch stage.layer {
            case .dense(let units):
                values = (0..<units).map { unit in
                    values.indices.reduce(biases[unit]) {
                        $0 + weights[unit * values.count + $1] * values[$1]
                    }
                }
            case .convolution(_, let kernel):
                values = convolve(values, stage, kernel, weights, biases)
            case .pool(let size): values = pool(values, stage, size)
            case .dropout: break
            }
            let isHidden = index < shape.stages.count - 1 && !stage.weights.isEmpty
            if isHidden { values = values.map(activate) }
        }
        return values
    }

    private func activate(_ x: Double) -> Double {
        switch shape.activation {
        case .relu: max(0, x)
        case .tanh: tanh(x)
        case .gelu:
            0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        }
    }

    private func convolve(
        _ image: [Double],
        _ stage: NetworkShape.Stage,
        _ kernel: Int,
        _ weights: [Double],
        _ biases: [Double]
    ) -> [Double] {
        let (input, half) = (stage.input, kernel / 2)
        var result: [Double] = []
        for y in 0..<input.height {
            for x in 0..<input.width {
                for channel in 0..<stage.output.channels {
                    var sum = biases[channel]
                    for tap in 0..<kernel * kernel * input.channels {
                        let from = tap % input.channels
                        let row = y + tap / input.channels / kernel - half
                        let column = x + tap / input.channels % kernel - half
                        let isInside =
                            (0..<input.height).contains(row) && (0..<input.width).contains(column)
                        let place = (row * input.width + column) * input.channels + from
                        let value = isInside ? image[place] : 0
                        sum += weights[channel * kernel * kernel * input.channels + tap] * value
                    }
                    result.append(sum)
                }
            }
        }
        return result
    }

    private func pool(_ image: [Double], _ stage: NetworkShape.Stage, _ size: Int) -> [Double] {
        let (input, output) = (stage.input, stage.output)
        var result: [Double] = []
        for y in 0..<output.height {
            for x in 0..<output.width {
                for channel in 0..<output.channels {
                    var largest = -Double.infinity
                    for place in 0..<size * size {
                        let row = y * size + place / size
                        let column = x * size + place % size
                        let index = (row * input.width + column) * input.channels + channel
                        largest = max(largest, image[index])
                    }
                    result.append(largest)
                }
            }
        }
        return result
    }
}
