import Domain
import Learning
import LinearAlgebra
import Wire

/// A map, and this rank's rows as it makes them.
struct Features {
    let map: any RowMap
    let rows: MappedRows
}

/// Kernel machines as linear machines on features: the map, which all ranks make alike.
extension Trainer {
    /// Makes the map, and the model of linear scores over its features.
    ///
    /// A checkpoint holds what a map cannot be made of again to the last bit.
    func mapRows(from checkpoint: TrainingCheckpoint?) throws(TrainingError) {
        let svm = task.spec.svm ?? SVMSpec()
        let rows = try solverSource(from: checkpoint)
        var saved: [Double]?
        if let checkpoint { saved = try savedMap(in: checkpoint) }
        var gamma = 1.0
        if let number = saved?.first ?? svm.gamma {
            gamma = number
        } else if svm.kernel != .linear {
            gamma = try columnSums(of: rows).scaleGamma
        }
        let map: any RowMap
        switch task.featureMap {
        case .fourier:
            map = FourierMap(
                gamma: gamma,
                features: task.featureCount,
                columns: task.columns,
                isSparse: task.isSparse,
                seed: task.spec.seed
            )
        case .nystrom:
            map = try nystromMap(
                svm.function(gamma: gamma),
                of: rows,
                basis: saved.map { Array($0.dropFirst()) }
            )
        }
        let source = MappedRows(rows, by: map)
        try wrap { () throws(RowSourceError) in
            try source.keep(bytes: keptBytes(svm.cacheBytesMax, beside: 0)) { observer.tick() }
        }
        features = Features(map: map, rows: source)
        model = LinearModel(
            kind: .svm,
            columns: map.features,
            classes: Swift.max(2, task.classes),
            bias: .free
        )
    }

    /// What a checkpoint must hold of the map: γ, and Nyström's basis.
    var mapNumbers: [Double]? {
        guard let map = features?.map else { return nil }
        return [map.function.gamma] + ((map as? NystromMap)?.basis ?? [])
    }

    /// The kernel machine that a linear one is: raw parameters are those by features.
    func kernelModel(
        _ parameters: borrowing Vector,
        by map: any RowMap
    ) -> (ModelShape, [Float]) {
        var shape = task.shape
        shape.bias = .free
        shape.kernel = map.shape(outputs: model.outputs)
        shape.isScaled = given != nil
        let values = parameters.array.map { Double($0) }
        let words = map.words(
            weights: Array(values[..<model.weightCount]),
            biases: Array(values[model.weightCount...])
        )
        return (shape, (given.map { $0.centers + $0.factors } ?? []) + words)
    }

    /// What a line of choices says of the map.
    var mapSummary: [String] {
        guard let map = features?.map else { return [] }
        let function = map.function
        var kernel = function.kind.rawValue
        if function.kind != .linear { kernel += ", γ \(shortText(function.gamma))" }
        if function.kind == .poly { kernel += ", degree \(function.degree)" }
        if function.kind == .poly || function.kind == .sigmoid {
            kernel += ", coef0 \(shortText(function.coef0))"
        }
        guard let nystrom = map as? NystromMap else {
            return [kernel, "\(map.features) random Fourier features"]
        }
        return [
            kernel, "Nyström, \(map.features) features of \(nystrom.landmarks.count) landmarks",
        ]
    }

    private func savedMap(in checkpoint: TrainingCheckpoint) throws(TrainingError) -> [Double] {
        guard let saved = try? SavedSolver(bytes: checkpoint.solver),
            let numbers = saved.shared.vectors.last, let gamma = numbers.first,
            gamma.isFinite, gamma >= 0, numbers.allSatisfy(\.isFinite)
        else { throw .foreignCheckpoint(reason: "it holds no map of rows to features") }
        return numbers
    }
}

/// Nyström's landmarks, which are rows of all ranks, and the basis that rank 0 makes of them.
extension Trainer {
    private func nystromMap(
        _ function: KernelFunction,
        of rows: any RowSource,
        basis saved: [Double]?
    ) throws(TrainingError) -> NystromMap {
        guard !task.hidesRows else { throw .rowsStay(what: "Nyström's landmarks are rows") }
        let landmarks = try landmarks(function, of: rows)
        var basis = saved ?? []
        if saved == nil { basis = try sharedBasis(of: landmarks) }
        guard !basis.isEmpty, basis.count % landmarks.count == 0,
            basis.count <= landmarks.count * landmarks.count
        else {
            throw .foreignCheckpoint(reason: "its basis is not of \(landmarks.count) landmarks")
        }
        return NystromMap(landmarks, basis: basis)
    }

    /// How many landmarks each rank gives: its share of the rows.
    private var landmarkCounts: [Int] {
        let count = Swift.min(task.featureCount, totalRows)
        var counts: [Int] = []
        var (before, low) = (0, 0)
        for rows in rowsOfRanks {
            before += rows
            let high = before * count / totalRows
            counts.append(high - low)
            low = high
        }
        return counts
    }

    private func landmarks(
        _ function: KernelFunction,
        of rows: any RowSource
    ) throws(TrainingError) -> Landmarks {
        let counts = landmarkCounts
        var generator = SeededGenerator(
            seed: task.spec.seed,
            0x6C_616E_646D,
            UInt64(reducer.rank)
        )
        var numbers = training
        shuffle(&numbers, using: &generator)
        let own = numbers.prefix(counts[reducer.rank]).sorted()
        return try learned { () throws(LearningError) in
            try Landmarks(function, of: rows, numbers: own, counts: counts, with: reducer)
        }
    }

    private func gathered(_ bytes: [UInt8]) throws(TrainingError) -> [[UInt8]] {
        do { return try reducer.gather(bytes) } catch { throw .learning(.reducer(error)) }
    }

    /// Eigenvectors differ from processor to processor, so rank 0's are taken by all.
    private func sharedBasis(of landmarks: Landmarks) throws(TrainingError) -> [Double] {
        var writer = ByteWriter()
        if reducer.rank == 0 { writer.write(NystromMap.basis(of: landmarks) ?? []) }
        observer.tick()
        let all = try gathered(writer.bytes)
        var reader = ByteReader(all[0])
        let most = landmarks.count * landmarks.count
        guard let basis = try? reader.doubles("basis", limit: most), reader.remaining == 0,
            basis.count % landmarks.count == 0, basis.allSatisfy(\.isFinite)
        else {
            throw .learning(.reducer(ReducerError("rank 0 sent no basis of the landmarks")))
        }
        guard !basis.isEmpty else { throw .learning(.kernelNotFinite) }
        return basis
    }
}
