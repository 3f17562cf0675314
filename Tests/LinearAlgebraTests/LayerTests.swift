import CKernels
import Glibc
import LinearAlgebra
import Testing

@Suite("Loops of layers")
struct LayerTests {
    @Test("tanh and GELU are those of Double, within a few roundings")
    func activations() {
        let points = stride(from: -12.0, through: 12, by: 0.0137).map { Float($0) }
        var values = points
        let zeros = [Float](repeating: 0, count: points.count)
        ck_bias_tanh_f32(&values, zeros, 1, points.count)
        for (x, y) in zip(points, values) { #expect(abs(y - Float(tanh(Double(x)))) < 4e-7) }
        var sums = points
        ck_bias_gelu_f32(&sums, &values, zeros, 1, points.count)
        for (x, y) in zip(points.map { Double($0) }, values) {
            let exact =
                0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
            #expect(abs(Double(y) - exact) < 3e-6)
        }
    }

    @Test("A NaN goes through every layer, so that it is seen at the end")
    func nan() {
        let bias: [Float] = [0, 0]
        var values: [Float] = [.nan, 1]
        ck_bias_relu_f32(&values, bias, 1, 2)
        #expect(values[0].isNaN)
        ck_bias_tanh_f32(&values, bias, 1, 2)
        #expect(values[0].isNaN)
        var pooled: [Float] = [0]
        var places: [UInt32] = [0]
        let size = ck_image(height: 2, width: 2, channels: 1)
        for place in 0..<4 {
            var image: [Float] = [1, 2, 3, 4]
            image[place] = .nan
            ck_pool_f32(image, &pooled, &places, size, 2)
            #expect(pooled[0].isNaN, "at \(place)")
        }
    }

    @Test(
        "Windows and their adding back are transposes of each other",
        arguments: [(1, 1, 1, 3), (4, 5, 1, 3), (3, 4, 2, 5), (6, 2, 3, 1), (2, 2, 2, 7)]
    )
    func patches(height: Int, width: Int, channels: Int, kernel: Int) {
        let size = ck_image(height: height, width: width, channels: channels)
        let count = height * width * channels
        let image = (0..<count).map { Float($0 % 7) - 3 }
        let weights = (0..<count * kernel * kernel).map { Float($0 % 5) - 2 }
        var patches = [Float](repeating: 9, count: weights.count)
        ck_patches_f32(image, &patches, size, kernel)
        var back = [Float](repeating: 0, count: count)
        ck_add_patches_f32(weights, &back, size, kernel)
        // ⟨P·x, w⟩ = ⟨x, Pᵀ·w⟩, in whole numbers.
        let left = zip(patches, weights).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        let right = zip(image, back).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        #expect(left == right)
        let middle = kernel * kernel / 2 * channels
        for pixel in 0..<height * width {
            let start = pixel * kernel * kernel * channels + middle
            let own = image[pixel * channels..<(pixel + 1) * channels]
            #expect(Array(patches[start..<start + channels]) == Array(own))
        }
    }

    @Test("Dropout leaves out its share and scales the rest")
    func dropout() {
        var values = [Float](repeating: 3, count: 100_003)
        ck_dropout_f32(&values, values.count, 42, 65_536 / 4, 4.0 / 3)
        let zeros = values.count { $0 == 0 }
        #expect(values.allSatisfy { $0 == 0 || abs($0 - 4) < 1e-6 })
        // Three deviations of a binomial number.
        #expect(abs(Double(zeros) - 25_000.75) < 3 * (100_003.0 * 0.1875).squareRoot())
    }

    @Test("Finite is what is neither infinite nor no number", arguments: [0, 1, 17, 100])
    func finite(count: Int) {
        var vector = Vector([Float](repeating: -.greatestFiniteMagnitude, count: count))
        let isAllFinite = isFinite(vector, in: 0..<count)
        #expect(isAllFinite)
        guard count > 0 else { return }
        for value in [Float.nan, .infinity, -.infinity] {
            vector[count - 1] = value
            let isWhole = isFinite(vector, in: 0..<count)
            let isWithout = isFinite(vector, in: 0..<count - 1)
            #expect(!isWhole && isWithout, "\(value)")
        }
    }
}
