internal import Domain

extension SourceParser {
    /// Reads NumPy arrays: features with their labels, in one file or in two.
    func parseArrays(
        _ format: ImportOptions.Format,
        _ listener: ProgressListener
    ) throws(DatasetError) -> ParsedSource {
        var found = ArrayParts(options: options, wantsLabels: wantsLabels)
        for file in files { try found.add(file) }
        let parts = try found.paired()
        switch parts[0].features {
        case .sparse(let first):
            return try parseSparse(parts, columns: first.columns, listener)
        case .dense(let first):
            let form = try DenseForm(parts, first: first, options: options)
            return try parseDense(format, parts, form, listener)
        }
    }

    private func parseDense(
        _ format: ImportOptions.Format,
        _ parts: [ArrayPart],
        _ form: DenseForm,
        _ listener: ProgressListener
    ) throws(DatasetError) -> ParsedSource {
        var labels = ArrayLabels(labelTable())
        var reader = DenseReader(form, options: options, staging: staging)
        var done = 0
        for part in parts {
            guard case .dense(var array) = part.features else { continue }
            var labelArray = part.labels
            let block = max(1, blockBytes / max(1, array.rowBytes))
            for start in stride(from: 0, to: array.rows, by: block) {
                let count = min(block, array.rows - start)
                let staged = try labels.read(count, of: &labelArray, limits: options.limits)
                try reader.read(count, of: &array, start: start, staged)
                let read = array.fileBytesRead + (labelArray?.fileBytesRead ?? 0)
                try report(done + read, listener)
            }
            try array.finish()
            try labelArray?.finish()
            done += array.fileBytesRead + (labelArray?.fileBytesRead ?? 0)
        }
        let mapping = options.known?.mapping ?? reader.mapping(rows: staging.rows)
        return ParsedSource(
            format: format,
            mapping: mapping,
            form: form.isByte
                ? .bytes(columns: form.columns, divisor: form.divisor)
                : .table(reader.tableColumns(mapping)),
            labels: wantsLabels ? labels.table : nil,
            remarks: [form.remark],
            warnings: reader.warnings(mapping)
        )
    }
}

/// Bytes of features that are read at once.
private let blockBytes = 256 << 10

/// What dense arrays of features have in common.
struct DenseForm {
    let columns: Int
    /// Shape of one row, where rows are images.
    let imageShape: [Int]?
    /// Whether every value of every array is a byte.
    let isByte: Bool
    /// What bytes are divided by: 255 for images, as from IDX files.
    let divisor: Float
    /// How it was read.
    let remark: String

    init(
        _ parts: [ArrayPart],
        first: NumPyArray,
        options: ImportOptions
    ) throws(DatasetError) {
        var isByte = true
        var isUnsigned = true
        for part in parts {
            guard case .dense(let array) = part.features,
                array.header.shape.dropFirst() == first.header.shape.dropFirst()
            else {
                throw DatasetError(
                    .columnsDiffer,
                    "has rows of another shape than \(first.name) \(first.header.shownShape)",
                    file: part.name
                )
            }
            isByte = isByte && array.header.element.isByte
            isUnsigned = isUnsigned && array.header.element.kind == .unsigned
        }
        self.isByte = isByte
        columns = first.rowElements
        let shape = try Self.rowShape(first)
        imageShape = shape.count > 1 ? shape : nil
        let known = options.known?.mapping
        let areImages = imageShape != nil || known?.divisor == 255 && known?.imageShape != nil
        divisor = isByte && isUnsigned && areImages ? 255 : 1
        let shown = shape.map(String.init).joined(separator: " × ")
        let divided = divisor == 1 ? "" : ", divided by 255"
        remark = "rows of \(shown) \(isByte ? "bytes" : "numbers")\(divided)"
        if let known { try check(known, first) }
        guard imageShape != nil || columns <= options.limits.tableColumnsMax else {
            throw DatasetError(
                .tooManyColumns,
                "has \(columns) columns; at most \(options.limits.tableColumnsMax) are taken",
                file: first.name,
                hint: "save it as a scipy matrix: scipy.sparse.save_npz"
            )
        }
    }

    /// Height, width and, where there are several, channels of an image; or a number of columns.
    private static func rowShape(_ array: NumPyArray) throws(DatasetError) -> [Int] {
        let shape = Array(array.header.shape.dropFirst())
        guard shape.count == 3 else { return shape }
        if shape[2] == 1 { return Array(shape.dropLast()) }
        guard shape[0] > 4 || shape[2] <= 4 else {
            throw DatasetError(
                .npyShape,
                "has the shape \(array.header.shownShape): channels come last",
                file: array.name,
                hint: "numpy.moveaxis(X, 1, -1) puts them there"
            )
        }
        return shape
    }

    /// Refuses arrays that are not read as the known data were.
    private func check(_ known: ColumnMapping, _ first: NumPyArray) throws(DatasetError) {
        func refusal(_ reason: String) -> DatasetError {
            DatasetError(.columnsDiffer, reason, file: first.name)
        }
        guard known.count == columns else {
            throw refusal(
                "has rows of \(columns) values, and the known data have \(known.count) columns"
            )
        }
        if let text = known.columns?.first(where: { $0.categories != nil }) {
            throw refusal("has numbers where column '\(text.name)' of the known data has texts")
        }
        if let shape = known.imageShape, let imageShape, shape != imageShape {
            throw refusal("has images of \(imageShape), and the known data of \(shape)")
        }
        guard known.divisor == divisor else {
            throw refusal(
                divisor == 1
                    ? "has numbers, and the known data were bytes divided by 255"
                    : "has images of bytes, and the known data were numbers"
            )
        }
    }
}

/// Stages the rows of dense arrays.
private struct DenseReader {
    private let form: DenseForm
    private let options: ImportOptions
    private let staging: StagingWriter
    private var values: [Float] = []
    private var missing: [Int]
    private var sums: [Double]

    init(_ form: DenseForm, options: ImportOptions, staging: StagingWriter) {
        self.form = form
        self.options = options
        self.staging = staging
        missing = [Int](repeating: 0, count: form.columns)
        sums = [Double](repeating: 0, count: options.missing == .mean ? form.columns : 0)
    }

    mutating func read(
        _ count: Int,
        of array: inout NumPyArray,
        start: Int,
        _ labels: [StagedLabel]
    ) throws(DatasetError) {
        let bytes = try array.read(count, limits: options.limits)
        let width = form.columns
        if !form.isByte { try convert(bytes, count, array, start: start) }
        let isBoolean = array.header.element.kind == .boolean
        for number in 0..<count {
            let label = labels.isEmpty ? .none : labels[number]
            let row = number * width..<(number + 1) * width
            if form.isByte {
                try bytes.withUnsafeBufferPointer { all throws(DatasetError) in
                    let part = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[row]))
                    if isBoolean, let bad = part.firstIndex(where: { $0 > 1 }) {
                        let place = array.place(row: start + number, column: bad)
                        throw DatasetError(
                            .badNumber,
                            "element \(place) is the byte \(part[bad]), which is no truth value",
                            file: array.name
                        )
                    }
                    try staging.appendBytes(label, part)
                }
            } else {
                try values.withUnsafeBufferPointer { all throws(DatasetError) in
                    try staging.appendTable(label, UnsafeBufferPointer(rebasing: all[row]))
                }
            }
        }
    }

    /// Makes `values` of the bytes of whole rows.
    private mutating func convert(
        _ bytes: [UInt8],
        _ count: Int,
        _ array: NumPyArray,
        start: Int
    ) throws(DatasetError) {
        let wanted = count * form.columns
        if values.count < wanted { values = [Float](repeating: 0, count: wanted) }
        let bad = values.withUnsafeMutableBufferPointer { target in
            bytes.withUnsafeBytes { source in
                array.header.element.convert(
                    source,
                    into: UnsafeMutableBufferPointer(rebasing: target.prefix(wanted))
                )
            }
        }
        if let bad {
            try takeMissing(bytes, bad..<wanted, array, start: start)
        }
        guard !sums.isEmpty else { return }
        for i in 0..<wanted where !values[i].isNaN { sums[i % form.columns] += Double(values[i]) }
    }

    /// Counts what is missing, where it may be; anything else that is no number is refused.
    private mutating func takeMissing(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        _ array: NumPyArray,
        start: Int
    ) throws(DatasetError) {
        let known = options.known?.mapping.columns
        let element = array.header.element
        for i in range where values[i].isNaN {
            let (row, column) = i.quotientAndRemainder(dividingBy: form.columns)
            let shown = bytes.withUnsafeBytes { element.real($0, at: i) }
            let isAllowed =
                options.known == nil
                ? options.missing != nil && form.imageShape == nil : known?[column].fill != nil
            if shown.isNaN, isAllowed {
                missing[column] += 1
                continue
            }
            let place = array.place(row: start + row, column: column)
            throw DatasetError(
                shown.isFinite ? .outOfRange : shown.isNaN ? .missingValue : .notFinite,
                "element \(place) is \(shown)"
                    + (shown.isFinite ? ", beyond the range of 32-bit floating point" : ""),
                file: array.name,
                hint: shown.isNaN && options.known == nil && form.imageShape == nil
                    ? "--missing mean or --missing zero puts something in its place" : nil
            )
        }
    }

    /// Columns by number; none for images.
    func mapping(rows: Int) -> ColumnMapping {
        guard form.imageShape == nil else {
            return ColumnMapping(
                columns: nil,
                count: form.columns,
                imageShape: form.imageShape,
                divisor: form.divisor
            )
        }
        let columns = (0..<form.columns).map { column in
            let fill: Float? =
                switch options.missing {
                case .mean:
                    rows == missing[column]
                        ? 0
                        : sums.isEmpty ? 0 : Float(sums[column] / Double(rows - missing[column]))
                case .zero: 0
                case nil: nil
                }
            return SourceColumn(name: "c\(column + 1)", fill: fill)
        }
        return ColumnMapping(columns: columns, count: form.columns, divisor: form.divisor)
    }

    func tableColumns(_ mapping: ColumnMapping) -> [StagedRows.TableColumn] {
        (0..<form.columns).map { column in
            StagedRows.TableColumn(
                feature: column,
                width: 1,
                fill: mapping.columns?[column].fill ?? 0
            )
        }
    }

    func warnings(_ mapping: ColumnMapping) -> [String] {
        missing.indices.compactMap { column in
            guard missing[column] > 0, let source = mapping.columns?[column] else { return nil }
            return "'\(source.name)': \(missing[column]) missing values became \(source.fill ?? 0)"
        }
    }
}

/// Turns the labels of arrays into staged ones.
struct ArrayLabels {
    private(set) var table: LabelTable
    /// Labels met before, by their bits: making a text of each number would cost more than reading.
    private var known: [UInt64: StagedLabel] = [:]
    private var row = 0
    private var file = ""

    init(_ table: LabelTable) { self.table = table }

    /// The next labels of `array`; none where there is no array.
    mutating func read(
        _ count: Int,
        of array: inout NumPyArray?,
        limits: ImportLimits
    ) throws(DatasetError) -> [StagedLabel] {
        guard var labels = array else { return [] }
        if labels.name != file { (file, row) = (labels.name, 0) }
        let bytes = try labels.read(count, limits: limits)
        array = labels
        let element = labels.header.element
        var staged: [StagedLabel] = []
        staged.reserveCapacity(count)
        for i in 0..<count {
            let bits = element.isNumber ? bytes.withUnsafeBytes { element.bits($0, at: i) } : nil
            if let bits, let label = known[bits] {
                staged.append(label)
            } else {
                let text = bytes.withUnsafeBytes { element.text($0, at: i) }
                let label = try label(text, element)
                if let bits, known.count < 4096 { known[bits] = label }
                staged.append(label)
            }
            row += 1
        }
        return staged
    }

    private mutating func label(
        _ text: String?,
        _ element: NumPyElement
    ) throws(DatasetError) -> StagedLabel {
        let place = DatasetError(.badLabel, "", file: file, line: row + 1)
        guard let text else {
            throw place.with(
                element.isNumber ? .badLabel : .notUTF8,
                element.isNumber ? "the label is no finite number" : "the label is no UTF-8 text"
            )
        }
        guard !text.isEmpty else { throw place.with(.missingLabel, "the label is missing") }
        let bytes = Array(text.utf8)
        return try table.add(bytes.span, 0..<bytes.count) { place }
    }
}
