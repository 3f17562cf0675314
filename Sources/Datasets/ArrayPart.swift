/// Features and labels of some rows, as arrays that have been opened.
struct ArrayPart {
    /// The features.
    enum Features {
        /// Every value of every row.
        case dense(NumPyArray)
        /// The non-zero values of every row.
        case sparse(SparseArrays)
    }

    var features: Features
    /// One label a row; nil where labels do not count.
    var labels: NumPyArray?

    /// Its name, for messages.
    var name: String {
        switch features {
        case .dense(let array): array.name
        case .sparse(let arrays): arrays.name
        }
    }

    /// Number of rows.
    var rows: Int {
        switch features {
        case .dense(let array): array.rows
        case .sparse(let arrays): arrays.rows
        }
    }

    /// Bytes read of the files so far.
    var fileBytesRead: Int {
        let labelBytes = labels?.fileBytesRead ?? 0
        switch features {
        case .dense(let array): return array.fileBytesRead + labelBytes
        case .sparse(let arrays): return arrays.fileBytesRead + labelBytes
        }
    }
}

/// A scipy matrix of compressed rows: where each row begins, then columns and values.
struct SparseArrays {
    let name: String
    let rows: Int
    let columns: Int
    var starts: NumPyArray
    var indices: NumPyArray
    var values: NumPyArray

    /// Bytes read of the file so far.
    var fileBytesRead: Int {
        starts.fileBytesRead + indices.fileBytesRead + values.fileBytesRead
    }
}

/// Finds out which arrays of an import's files are features, and which their labels.
struct ArrayParts {
    private let options: ImportOptions
    private let wantsLabels: Bool
    /// Features that still want labels, in order.
    private var features: [ArrayPart.Features] = []
    private var labels: [NumPyArray] = []
    /// Arrays of one value a row that may be either.
    private var columns: [NumPyArray] = []
    /// Features with the labels of the same archive.
    private var whole: [ArrayPart] = []

    init(options: ImportOptions, wantsLabels: Bool) {
        self.options = options
        self.wantsLabels = wantsLabels
    }

    /// Opens the arrays of one more file.
    mutating func add(_ file: ImportFile) throws(DatasetError) {
        if try ZipArchive.isZip(file) {
            try add(try ArrayArchive(file, limits: options.limits))
            return
        }
        let stream = try ByteStream(file, limits: options.limits)
        let array = try NumPyArray(stream, limits: options.limits)
        if array.header.shape.count == 1 || !array.header.element.isNumber {
            labels.append(array)
        } else if array.isColumn {
            columns.append(array)
        } else {
            features.append(.dense(array))
        }
    }

    private mutating func add(_ archive: ArrayArchive) throws(DatasetError) {
        if let matrix = try archive.sparse(limits: options.limits) {
            features.append(.sparse(matrix))
            return
        }
        let choice = try ArrayChoice(archive, options: options, wantsLabels: wantsLabels)
        let dense = ArrayPart.Features.dense(choice.features)
        if let found = choice.labels {
            whole.append(ArrayPart(features: dense, labels: found))
        } else {
            features.append(dense)
        }
    }

    /// All parts, each with its labels where labels count.
    func paired() throws(DatasetError) -> [ArrayPart] {
        var features = features
        var labels = labels
        for array in columns {
            if features.count > labels.count {
                labels.append(array)
            } else {
                features.append(.dense(array))
            }
        }
        if !wantsLabels { labels = [] }
        guard wantsLabels ? features.count == labels.count : !(features.isEmpty && whole.isEmpty)
        else {
            let first = features.first.map { ArrayPart(features: $0, labels: nil).name }
            throw DatasetError(
                .npyPair,
                "\(features.count) arrays of features and \(labels.count) of labels were named",
                file: first ?? labels.first?.name,
                hint: "name both, X.npy y.npy, or save them in one file: "
                    + "numpy.savez('data.npz', X=X, y=y)"
            )
        }
        var parts = whole
        for (number, dense) in features.enumerated() {
            parts.append(ArrayPart(features: dense, labels: wantsLabels ? labels[number] : nil))
        }
        for part in parts { try check(part) }
        return parts
    }

    private func check(_ part: ArrayPart) throws(DatasetError) {
        if case .dense(let array) = part.features {
            let shape = array.header.shape
            guard (2...4).contains(shape.count), array.header.element.isNumber else {
                throw DatasetError(
                    .npyShape,
                    "has the shape \(array.header.shownShape) and type "
                        + "'\(array.header.element.kind)'; features are numbers in 2 to 4 "
                        + "dimensions",
                    file: array.name
                )
            }
            guard array.rows > 0 else {
                throw DatasetError(.emptyDataset, "has no rows", file: array.name)
            }
            guard array.rowElements > 0 else {
                throw DatasetError(.noFeatures, "has rows without values", file: array.name)
            }
        }
        guard let labels = part.labels else { return }
        guard labels.isColumn else {
            throw DatasetError(
                .npyShape,
                "has the shape \(labels.header.shownShape); labels are one value a row",
                file: labels.name,
                hint: "of one-hot rows: numpy.argmax(y, axis=1)"
            )
        }
        guard labels.rows == part.rows else {
            throw DatasetError(
                .npyPair,
                "has \(labels.rows) labels for the \(part.rows) rows of \(part.name)",
                file: labels.name
            )
        }
    }
}
