/// A zip file of NumPy arrays, as `numpy.savez` and `scipy.sparse.save_npz` write them.
struct ArrayArchive {
    let file: ImportFile
    /// The arrays' names, in the order of the archive.
    let names: [String]
    private let archive: ZipArchive

    init(_ file: ImportFile, limits: ImportLimits) throws(DatasetError) {
        self.file = file
        archive = try ZipArchive(file)
        names = archive.members.map(\.name).filter { $0.hasSuffix(".npy") }
            .map { String($0.dropLast(4)) }
        guard !names.isEmpty else {
            throw DatasetError(
                .unsupportedCompression,
                "is a zip archive without NumPy arrays",
                file: file.name,
                hint: "unpack it first, or compress it with gzip"
            )
        }
        guard names.count <= arraysMax else {
            throw DatasetError(
                .npzArrays,
                "holds \(names.count) arrays; at most \(arraysMax) are looked at",
                file: file.name
            )
        }
    }

    /// Opens the array called `name`, which is there.
    func array(_ name: String, limits: ImportLimits) throws(DatasetError) -> NumPyArray {
        guard let member = archive.members.first(where: { $0.name == name + ".npy" }) else {
            preconditionFailure("no array '\(name)' among \(names)")
        }
        let shown = "\(file.name)[\(shortened(name))]"
        let stream = try ZipMemberStream(archive, member, name: shown, limits: limits)
        return try NumPyArray(stream, limits: limits)
    }

    /// The arrays of a scipy matrix; nil where it is none.
    func sparse(limits: ImportLimits) throws(DatasetError) -> SparseArrays? {
        guard names.contains("format"), names.contains("shape"), names.contains("data") else {
            return nil
        }
        var form = try array("format", limits: limits)
        let bytes = try form.read(form.rows, limits: limits)
        let text = bytes.withUnsafeBytes { form.header.element.text($0, at: 0) } ?? "?"
        guard form.rows * form.rowElements == 1, text == "csr" else {
            throw DatasetError(
                .npyType,
                "is a scipy matrix in the form '\(shortened(text))', and only 'csr' is taken",
                file: file.name,
                hint: "scipy.sparse.save_npz(name, matrix.tocsr())"
            )
        }
        guard names.contains("indices"), names.contains("indptr") else {
            throw DatasetError(
                .npzArrays,
                "is a scipy matrix without its arrays 'indices' and 'indptr'",
                file: file.name
            )
        }
        let shape = try matrixShape(limits: limits)
        let (starts, indices, values) = (
            try array("indptr", limits: limits), try array("indices", limits: limits),
            try array("data", limits: limits)
        )
        for part in [starts, indices, values] where part.header.shape.count != 1 {
            throw DatasetError(
                .npyShape,
                "has the shape \(part.header.shownShape) in a scipy matrix",
                file: part.name
            )
        }
        guard starts.rows == shape.rows + 1, indices.rows == values.rows else {
            throw DatasetError(
                .npyShape,
                "has \(starts.rows) row starts for \(shape.rows) rows, and \(indices.rows) columns "
                    + "for \(values.rows) values",
                file: file.name
            )
        }
        return SparseArrays(
            name: file.name,
            rows: shape.rows,
            columns: shape.columns,
            starts: starts,
            indices: indices,
            values: values
        )
    }

    private func matrixShape(
        limits: ImportLimits
    ) throws(DatasetError) -> (rows: Int, columns: Int) {
        var shape = try array("shape", limits: limits)
        let element = shape.header.element
        let lengths =
            shape.header.shape == [2]
            ? try shape.read(2, limits: limits).withUnsafeBytes { bytes in
                (0..<2).compactMap { element.wholeNumber(bytes, at: $0) }
            } : []
        guard lengths.count == 2, lengths[0] > 0, lengths[1] > 0 else {
            throw DatasetError(
                lengths.count == 2 ? .emptyDataset : .npyShape,
                lengths.count == 2
                    ? "has no rows or no columns" : "does not say a matrix's rows and columns",
                file: shape.name
            )
        }
        guard lengths[0] <= limits.rowsMax, lengths[1] <= limits.columnsMax else {
            throw DatasetError(
                lengths[0] > limits.rowsMax ? .tooManyRows : .tooManyColumns,
                "says \(lengths[0]) rows of \(lengths[1]) columns",
                file: shape.name
            )
        }
        return (lengths[0], lengths[1])
    }
}

/// Which arrays of an archive are features and labels.
///
/// Labels are those named by `--label`; else the one called `y`, `labels`, `label`, `target`,
/// `targets` or `class`; else the only one of one dimension. Features are the one called `x`,
/// `features`, `data` or `images`, in capitals or not; else the only one with two dimensions or
/// more and as many rows as there are labels.
struct ArrayChoice {
    let features: NumPyArray
    /// Nil where labels do not count, or may come in a file of their own.
    let labels: NumPyArray?

    init(
        _ archive: ArrayArchive,
        options: ImportOptions,
        wantsLabels: Bool
    ) throws(DatasetError) {
        var arrays: [(name: String, array: NumPyArray)] = []
        for name in archive.names {
            arrays.append((name, try archive.array(name, limits: options.limits)))
        }
        func problem(_ code: DatasetError.Code, _ reason: String, _ hint: String) -> DatasetError {
            let held = arrays.map { "\(shortened($0.name)) \($0.array.header.shownShape)" }
            return DatasetError(
                code,
                "\(reason); it holds \(held.joined(separator: ", "))",
                file: archive.file.name,
                hint: hint
            )
        }
        for name in options.drop + options.only + (options.label.map { [$0] } ?? [])
        where !archive.names.contains(where: { sameText($0, name) }) {
            throw problem(
                .unknownColumn,
                "has no array '\(shortened(name))'",
                "--label, --drop and --only name arrays of an .npz file"
            )
        }
        let label = Self.label(arrays, options: options, mustHave: wantsLabels)
        var others = arrays.filter { candidate in
            candidate.array.header.shape.count > 1 && candidate.array.header.element.isNumber
                && candidate.name != label?.name
                && !options.drop.contains { sameText($0, candidate.name) }
        }
        if !options.only.isEmpty {
            others = others.filter { candidate in
                options.only.contains { sameText($0, candidate.name) }
            }
        }
        if let label { others = others.filter { $0.array.rows == label.array.rows } }
        let usual = others.filter { usualFeatures.contains($0.name.lowercased()) }
        guard let found = others.count == 1 ? others.first : usual.first,
            others.count == 1 || usual.count == 1
        else {
            throw problem(
                .npzArrays,
                "does not show which of its arrays are the features",
                "--label names the labels, --only the features"
            )
        }
        guard label != nil || !wantsLabels || arrays.count == 1 else {
            throw problem(
                .npzArrays,
                "does not show which of its arrays are the labels",
                "--label names them"
            )
        }
        features = found.array
        labels = wantsLabels ? label?.array : nil
    }

    private static func label(
        _ arrays: [(name: String, array: NumPyArray)],
        options: ImportOptions,
        mustHave: Bool
    ) -> (name: String, array: NumPyArray)? {
        if let label = options.label { return arrays.first { sameText($0.name, label) } }
        let rest = arrays.filter { candidate in
            !options.drop.contains { sameText($0, candidate.name) }
                && !options.only.contains { sameText($0, candidate.name) }
        }
        for usual in usualLabels {
            if let found = rest.first(where: { $0.name.lowercased() == usual }) { return found }
        }
        let flat = rest.filter { $0.array.header.shape.count == 1 }
        return mustHave && flat.count == 1 ? flat.first : nil
    }
}

private let arraysMax = 64
private let usualLabels = ["y", "labels", "label", "target", "targets", "class"]
private let usualFeatures: Set<String> = ["x", "features", "data", "images"]
