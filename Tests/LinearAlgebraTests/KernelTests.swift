import CKernels
import Glibc
import LinearAlgebra
import Testing

private let counts = [0, 1, 7, 8, 9, 63, 64, 65, 1000, 4099]

/// Numbers of very different size, the same in every test run.
private func numbers(_ count: Int, from seed: UInt32) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        let mantissa = Float(Int32(bitPattern: state) >> 8) / 65536
        return state & 64 == 0 ? mantissa : mantissa * 1e-6
    }
}

@Suite("Vector loops")
struct KernelTests {
    @Test("Sums of elements are those of plain additions, to the last bit", arguments: counts)
    func add(count: Int) {
        let (a, b) = (numbers(count, from: 1), numbers(count, from: 2))
        var floats = a
        ck_add_f32(&floats, b, count)
        #expect(floats == zip(a, b).map { $0 + $1 })
        var doubles = a.map { Double($0) }
        ck_add_f64(&doubles, b.map { Double($0) }, count)
        #expect(doubles == zip(a, b).map { Double($0) + Double($1) })
    }

    @Test("Sums of integers wrap around", arguments: counts)
    func addIntegers(count: Int) {
        let a = (0..<count).map { UInt32.max - UInt32($0) }
        var small = a
        ck_add_i32(&small, a, count)
        #expect(small == a.map { $0 &+ $0 })
        let wide = a.map { UInt64($0) << 32 }
        var large = wide
        ck_add_i64(&large, wide, count)
        #expect(large == wide.map { $0 &+ $0 })
    }

    @Test(
        "axpy multiplies, rounds, then adds: no fused operation on any processor",
        arguments: counts
    )
    func axpyBits(count: Int) {
        let (x, start) = (numbers(count, from: 3), numbers(count, from: 4))
        var y = Vector(start)
        axpy(0.3, Vector(x), into: &y)
        let expected = zip(x, start).map { x, y in
            let product: Float = 0.3 * x
            return y + product
        }
        #expect(y.array == expected)
    }

    @Test(
        "The logistic loss and its slope are those of exp and log1p",
        arguments: [nil, [0.5, 3]]
    )
    func logistic(weights: [Float]?) {
        let scores: [Float] = (0..<601).map { Float($0 - 300) / 11 } + [0, -0.0, 800, -800, 1e30]
        let labels = scores.indices.map { Int32($0 % 3 == 0 ? 1 : 0) }
        var slopes = scores
        let total = ck_logistic_f32(&slopes, labels, scores.count, weights)
        var expected = 0.0
        for (index, score) in scores.enumerated() {
            let (z, label) = (Double(score), Double(labels[index]))
            let weight = Double(weights?[Int(labels[index])] ?? 1)
            let tail = exp(-abs(z))
            expected += weight * (max(z, 0) + log1p(tail) - label * z)
            let slope = weight * ((z >= 0 ? 1 / (1 + tail) : tail / (1 + tail)) - label)
            // One rounding to Float.
            #expect(abs(Double(slopes[index]) - slope) <= 6e-8 * abs(slope) + 1e-38)
        }
        #expect(abs(total - expected) <= 1e-13 * expected)
        var bad: [Float] = [1, .nan, 2]
        #expect(ck_logistic_f32(&bad, [0, 1, 1], 3, nil).isNaN && bad[1].isNaN)
    }

    @Test("Scaling multiplies each element", arguments: counts)
    func scaling(count: Int) {
        let x = numbers(count, from: 5)
        var y = Vector(x)
        scale(&y, by: -1.7)
        #expect(y.array == x.map { $0 * -1.7 })
    }

    @Test("Rows are moved and multiplied column by column", arguments: counts)
    func scaleRows(count: Int) {
        let (centers, factors) = (numbers(count, from: 6), numbers(count, from: 7))
        let x = numbers(3 * count, from: 8)
        var rows = x
        ck_scale_rows_f32(&rows, 3, centers, factors, count)
        let expected = x.indices.map { (x[$0] - centers[$0 % count]) * factors[$0 % count] }
        #expect(rows == expected)
    }

    @Test("The products that decide add in the order of eight partial sums", arguments: counts)
    func fixedDot(count: Int) {
        let (a, b) = (numbers(count, from: 9), numbers(count, from: 10))
        var sums = [Double](repeating: 0, count: 8)
        for i in 0..<count { sums[i % 8] += Double(a[i]) * Double(b[i]) }
        let left = (sums[0] + sums[4]) + (sums[2] + sums[6])
        let right = (sums[1] + sums[5]) + (sums[3] + sums[7])
        #expect(dot(Vector(a), Vector(b)) == left + right)
        #expect(norm2(Vector(a)) == dot(Vector(a), Vector(a)).squareRoot())
    }

    @Test("The fast dot product is right to 1e-5 of the sum of magnitudes", arguments: counts)
    func fastDot(count: Int) {
        let (a, b) = (numbers(count, from: 11), numbers(count, from: 12))
        let exact = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        let size = zip(a, b).reduce(0.0) { $0 + abs(Double($1.0) * Double($1.1)) }
        #expect(abs(Double(ck_dot_f32(a, b, count)) - exact) <= 1e-5 * size)
    }

    @Test(
        "bfloat16 rounds to nearest, ties to even, and keeps NaN",
        arguments: zip(
            [
                Float(1), -2, 0, -0.0, Float(bitPattern: 0x3F80_8000),
                Float(bitPattern: 0x3F81_8000), Float(bitPattern: 0x3F80_8001), .infinity,
                .greatestFiniteMagnitude, Float(bitPattern: 0x7F80_0001),
            ],
            [
                UInt16(0x3F80), 0xC000, 0, 0x8000, 0x3F80, 0x3F82, 0x3F81, 0x7F80, 0x7F80, 0x7FC0,
            ]
        )
    )
    func brainFloat(value: Float, bits: UInt16) {
        var result: UInt16 = 0
        ck_to_bf16([value], &result, 1)
        #expect(result == bits)
    }

    @Test("bfloat16 widens exactly and adds", arguments: counts)
    func addBrainFloat(count: Int) {
        let (a, b) = (numbers(count, from: 13), numbers(count, from: 14))
        var short = [UInt16](repeating: 0, count: count)
        ck_to_bf16(b, &short, count)
        var sums = a
        ck_add_bf16(&sums, short, count)
        let expected = zip(a, short).map { $0 + Float(bitPattern: UInt32($1) << 16) }
        #expect(sums == expected)
    }
}

@Suite("Vectors")
struct VectorTests {
    @Test("A vector owns its memory, or looks at that of somebody else")
    func ownership() {
        var owned = Vector([1, 2, 3])
        owned[1] = 5
        owned.update { span in span[2] += 4 }
        #expect(owned.array == [1, 5, 7])
        let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2)
        defer { room.deallocate() }
        room.initialize(repeating: 1)
        do {
            var view = Vector(borrowing: room)
            view[0] = 9
            #expect(view.read { span in span[0] + span[1] } == 10)
        }
        #expect(Array(room) == [9, 1])
    }

    @Test("Copies and zeros")
    func copies() {
        var target = Vector(zeros: 2)
        target.copy(from: Vector([3, 4]))
        #expect(target.array == [3, 4])
        target.clear()
        #expect(target.array == [0, 0])
        #expect(Vector(zeros: 0).array.isEmpty)
    }

    @Test("A vector of some megabytes begins with zeros as well")
    func large() {
        let vector = Vector(zeros: 3 << 20)
        #expect(sumOfSquares(vector) == 0)
    }
}
