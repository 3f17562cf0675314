public import Domain

/// The support vectors of all ranks with their coefficients: the same bits on every rank.
public struct KernelMachine {
    /// How `words` are to be read, as far as the kernel goes.
    public var shape: KernelShape
    /// The tensors of `KernelShape`, one after the other.
    public var words: [Float]

    /// Gathers every row with a coefficient, by class, then rank, then row.
    ///
    /// Shapes: `alphas` (pairs), each over this rank's rows of the pair.
    init(
        _ data: KernelData,
        alphas: [[Double]],
        rho: [Double],
        _ plan: KernelPlan,
        _ meeting: KernelMeeting
    ) throws(LearningError) {
        let classes = data.classes
        let height = classes - 1
        let signed = KernelMachine.signed(data, alphas)
        let used = (0..<data.count).filter { row in
            (0..<height).contains { signed[row * height + $0] != 0 }
        }
        var writer = PieceWriter()
        for number in 0..<classes {
            let own = used.filter { data.range(number).contains($0) }
            writer.write(own.flatMap { signed[$0 * height..<($0 + 1) * height] })
            writer.write(data.rows.gathered(own.map { Int32($0) }))
        }
        guard rho.allSatisfy(\.isFinite) else { throw .kernelNotFinite }
        var readers = try meeting.gather(writer.bytes)
        let supports = KernelRows(columns: data.rows.columns, isSparse: data.rows.isSparse)
        var coefficients: [Float] = []
        var counts: [Int] = []
        for cost in plan.costs {
            let before = supports.count
            for rank in readers.indices {
                let part = try readers[rank].coefficients(upTo: cost)
                guard part.count % height == 0 else {
                    throw readers[rank].nonsense("\(part.count) coefficients of \(height) each")
                }
                try readers[rank].read(part.count / height, into: supports)
                coefficients += part.map { Float($0) }
            }
            counts.append(supports.count - before)
        }
        for reader in readers { try reader.finish() }
        shape = KernelShape(
            function: plan.function,
            supports: supports.count,
            nonzeros: supports.isSparse ? supports.values.count : nil,
            supportsOfClasses: counts,
            isOneVsRest: false,
            features: nil,
            hasProbabilities: false
        )
        words = KernelMachine.words(of: supports)
        for row in 0..<height {
            for support in 0..<supports.count {
                words.append(coefficients[support * height + row])
            }
        }
        words += rho.map { Float($0) }
    }

    private static func words(of supports: KernelRows) -> [Float] {
        guard supports.isSparse else { return supports.values }
        let offsets = supports.offsets.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
        let indices = supports.indices.map { Float(bitPattern: UInt32(bitPattern: $0)) }
        return offsets + indices + supports.values
    }

    /// y·α of every row for every other class, in the order of those.
    ///
    /// Shapes: the result (rows, classes − 1) row-major.
    private static func signed(_ data: KernelData, _ alphas: [[Double]]) -> [Double] {
        let height = data.classes - 1
        var signed = [Double](repeating: 0, count: data.count * height)
        for (pair, alpha) in zip(ClassPair.all(data.classes), alphas) {
            let firsts = data.range(pair.first).count
            for (t, value) in alpha.enumerated() where value != 0 {
                if t < firsts {
                    let row = data.range(pair.first).lowerBound + t
                    signed[row * height + pair.second - 1] = value
                } else {
                    let row = data.range(pair.second).lowerBound + t - firsts
                    signed[row * height + pair.first] = -value
                }
            }
        }
        return signed
    }
}
