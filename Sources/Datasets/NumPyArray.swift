/// One NumPy array whose head has been read; hands out its rows in C order.
struct NumPyArray {
    /// `X.npy`, or `data.npz[X]`.
    let name: String
    let header: NumPyHeader
    /// Elements of one row.
    let rowElements: Int
    private var source: any ByteSource
    /// The whole array in C order, where the file has another.
    private var turned: [UInt8]?
    private var rowsRead = 0

    /// Reads the head of the array in `source`.
    init(_ source: some ByteSource, limits: ImportLimits) throws(DatasetError) {
        var source = source
        let name = source.name
        header = try NumPyHeader(&source)
        self.name = name
        let shown = header.shownShape
        func refusal(_ code: DatasetError.Code, _ reason: String) -> DatasetError {
            DatasetError(code, "has the shape \(shown): \(reason)", file: name)
        }
        var product = 1
        for length in header.shape.dropFirst() {
            let (next, overflow) = product.multipliedReportingOverflow(by: length)
            guard !overflow, next <= limits.columnsMax else {
                throw refusal(.tooManyColumns, "more than \(limits.columnsMax) values a row")
            }
            product = next
        }
        rowElements = product
        guard (header.shape.first ?? 1) <= limits.rowsMax else {
            throw refusal(.tooManyRows, "more than \(limits.rowsMax) rows")
        }
        self.source = source
        try checkSize(limits: limits)
    }

    /// Number of rows.
    var rows: Int { header.shape.first ?? 1 }

    /// Bytes of one row.
    var rowBytes: Int { rowElements * header.element.bytes }

    /// Bytes of the file read so far, as they lie on the disk.
    var fileBytesRead: Int { source.offset }

    /// Whether it may be labels: one value a row.
    var isColumn: Bool { !header.shape.isEmpty && rowElements == 1 }

    /// Where an element stands, as Python writes it.
    func place(row: Int, column: Int) -> String {
        guard header.shape.count > 1 else { return "[\(row)]" }
        var indices: [Int] = []
        var rest = column
        for length in header.shape.dropFirst().reversed() {
            indices.insert(rest % length, at: 0)
            rest /= length
        }
        return "[\(([row] + indices).map(String.init).joined(separator: ", "))]"
    }

    /// Where the number of bytes is known beforehand, it must be that of the elements.
    private func checkSize(limits: ImportLimits) throws(DatasetError) {
        let (bytes, overflow) = rows.multipliedReportingOverflow(by: rowBytes)
        guard !overflow, bytes <= limits.bytesMax else {
            throw DatasetError(
                .tooLarge,
                "has the shape \(header.shownShape), which is more than \(limits.bytesMax) bytes",
                file: name
            )
        }
        guard let all = source.contentBytes else { return }
        let left = all - header.bytes
        if left < bytes { throw truncated(left) }
        if left > bytes { throw trailing }
    }

    private func truncated(_ bytes: Int) -> DatasetError {
        DatasetError(
            .npyTruncated,
            "has \(bytes) bytes of elements where its shape \(header.shownShape) needs "
                + "\(rows * rowBytes)",
            file: name,
            hint: "fetch or write the file again"
        )
    }

    private var trailing: DatasetError {
        DatasetError(
            .npyTrailingBytes,
            "has more bytes than its shape \(header.shownShape) needs",
            file: name
        )
    }

    /// The next rows, in C order.
    mutating func read(_ count: Int, limits: ImportLimits) throws(DatasetError) -> [UInt8] {
        precondition(count <= rows - rowsRead, "\(count) rows behind row \(rowsRead) of \(rows)")
        if needsTurning, turned == nil { turned = try turnedElements(limits: limits) }
        let range = rowsRead * rowBytes..<(rowsRead + count) * rowBytes
        rowsRead += count
        if let turned { return Array(turned[range]) }
        let bytes = try source.upTo(range.count)
        guard bytes.count == range.count else { throw truncated(range.lowerBound + bytes.count) }
        return bytes
    }

    /// Checks that nothing follows the last element.
    mutating func finish() throws(DatasetError) {
        guard try source.upTo(1).isEmpty else { throw trailing }
        turned = nil
    }

    private var needsTurning: Bool {
        header.isFortran && header.shape.count(where: { $0 > 1 }) > 1
    }

    /// The elements in C order: read whole, because a row lies scattered over all of the file.
    private mutating func turnedElements(limits: ImportLimits) throws(DatasetError) -> [UInt8] {
        let count = rows * rowBytes
        guard count <= limits.turnedBytesMax / 2 else {
            throw DatasetError(
                .npyOrder,
                "has \(count) bytes in Fortran's order; at most \(limits.turnedBytesMax / 2) are "
                    + "turned in memory",
                file: name,
                hint: "save it in rows: numpy.save(name, numpy.ascontiguousarray(array))"
            )
        }
        let columns = try source.upTo(count)
        guard columns.count == count else { throw truncated(columns.count) }
        let width = header.element.bytes
        var turned = [UInt8](repeating: 0, count: count)
        turned.withUnsafeMutableBytes { target in
            columns.withUnsafeBytes { source in
                for (column, start) in fortranOffsets.enumerated() {
                    copyColumn(from: source, start * width, to: target, column * width)
                }
            }
        }
        return turned
    }

    /// Spreads elements that lie side by side over the rows.
    private func copyColumn(
        from source: UnsafeRawBufferPointer,
        _ start: Int,
        to target: UnsafeMutableRawBufferPointer,
        _ offset: Int
    ) {
        let width = header.element.bytes
        for row in 0..<rows {
            let from = start + row * width
            let to = row * rowBytes + offset
            for byte in 0..<width { target[to + byte] = source[from + byte] }
        }
    }

    /// Where the first row's elements lie in Fortran's order, in the sequence of C order.
    private var fortranOffsets: [Int] {
        var strides: [Int] = []
        var stride = rows
        for length in header.shape.dropFirst() {
            strides.append(stride)
            stride *= length
        }
        return (0..<rowElements).map { element in
            var rest = element
            var offset = 0
            for (length, stride) in zip(header.shape.dropFirst(), strides).reversed() {
                offset += rest % length * stride
                rest /= length
            }
            return offset
        }
    }
}
