/// Where the ranks of a kernel machine exchange bytes and sums, with what each wishes riding along.
///
/// A wish is a number that is 0 for no; the largest of all ranks' wishes comes back with every
/// exchange, so all decide alike and nobody waits for it.
public final class KernelMeeting {
    let reducer: any Reducer
    private let wish: () -> [Double]
    /// Called after every block.
    let tick: () -> Void
    /// What the ranks wished, the largest seen since it was last taken.
    public private(set) var wishes: [Double]
    /// How often this rank has met the others.
    public private(set) var meetings = 0

    /// A meeting by `reducer`; `wish` always gives as many numbers, and `tick` is called whenever
    /// something was computed.
    public init(
        _ reducer: any Reducer,
        wish: @escaping () -> [Double] = { [] },
        tick: @escaping () -> Void = {}
    ) {
        (self.reducer, self.wish, self.tick) = (reducer, wish, tick)
        wishes = [Double](repeating: 0, count: wish().count)
    }

    var rank: Int { reducer.rank }
    var worldSize: Int { reducer.worldSize }

    /// Forgets the wishes so far.
    public func clearWishes() {
        for index in wishes.indices { wishes[index] = 0 }
    }

    /// Takes this rank's own wishes as those of all, where nobody else is there to ask.
    func wishAlone() { widen(wish()) }

    private func widen(_ more: [Double]) {
        for index in wishes.indices { wishes[index] = Swift.max(wishes[index], more[index]) }
    }

    /// The bytes of every rank, in rank order.
    func gather(_ bytes: [UInt8]) throws(LearningError) -> [PieceReader] {
        meetings += 1
        var writer = PieceWriter()
        writer.write(wish())
        let all: [[UInt8]]
        do { all = try reducer.gather(writer.bytes + bytes) } catch { throw .reducer(error) }
        var readers: [PieceReader] = []
        for (rank, bytes) in all.enumerated() {
            var reader = PieceReader(bytes, rank: rank)
            widen(try reader.finite(wishes.count))
            readers.append(reader)
        }
        return readers
    }

    /// Sums elementwise over all ranks, in rank order.
    /// - Throws: `kernelNotFinite` where this rank's own numbers are not finite.
    func sum(_ values: [Double]) throws(LearningError) -> [Double] {
        guard values.allSatisfy(\.isFinite) else { throw .kernelNotFinite }
        var sums = [Double](repeating: 0, count: values.count)
        for var reader in try gather(values) {
            for (index, part) in try reader.finite(values.count).enumerated() {
                sums[index] += part
            }
        }
        return sums
    }

    /// The largest of each element over all ranks, of numbers that may be −∞.
    func max(_ values: [Double]) throws(LearningError) -> [Double] {
        var largest = values
        for var reader in try gather(values) {
            let parts = try reader.read(Double.self)
            guard parts.count == values.count, parts.allSatisfy({ $0 < .infinity }) else {
                throw reader.nonsense("\(parts) where \(values.count) numbers belong")
            }
            for (index, part) in parts.enumerated() {
                largest[index] = Swift.max(largest[index], part)
            }
        }
        return largest
    }

    /// The largest of all ranks' counts.
    func largest(_ count: Int) throws(LearningError) -> Int {
        var largest = count
        for var reader in try gather([Double(count)]) {
            largest = Swift.max(largest, try reader.whole(try reader.finite(1)[0]))
        }
        return largest
    }

    private func gather(_ values: [Double]) throws(LearningError) -> [PieceReader] {
        var writer = PieceWriter()
        writer.write(values)
        return try gather(writer.bytes)
    }
}
