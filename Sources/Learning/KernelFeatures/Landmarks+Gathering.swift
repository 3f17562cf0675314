public import Domain
public import LinearAlgebra

extension Landmarks {
    /// Landmarks that all ranks give together, in rank order; all ranks call it together.
    ///
    /// `numbers` are the rows of `source` that this rank gives, and rank r gives `counts[r]`.
    public convenience init(
        _ function: KernelFunction,
        of source: any RowSource,
        numbers: [Int32],
        counts: [Int],
        with reducer: any Reducer
    ) throws(LearningError) {
        let own = KernelRows(columns: source.columns, isSparse: source.isSparse)
        for number in numbers {
            try LearningError.wrap { () throws(RowSourceError) in
                try source.withRows(Int(number)..<Int(number) + 1) { own.append($0) }
            }
        }
        var writer = PieceWriter()
        writer.write(own)
        let all = KernelRows(columns: source.columns, isSparse: source.isSparse)
        for var reader in try KernelMeeting(reducer).gather(writer.bytes) {
            try reader.read(counts[reader.rank], into: all)
            try reader.finish()
        }
        if all.isSparse {
            self.init(
                function,
                offsets: all.offsets.map { Int($0) },
                indices: all.indices,
                values: all.values,
                columns: all.columns
            )
        } else {
            self.init(function, dense: all.values, columns: all.columns, count: all.count)
        }
    }
}
