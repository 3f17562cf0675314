/// Reads IDX files: images and their labels, one unsigned byte a value.
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 2 | zero |
/// | 2 | 1 | type of the values; 8 is the unsigned byte |
/// | 3 | 1 | number of dimensions d |
/// | 4 | 4 d | lengths, big-endian, the number of rows first |
/// | 4 + 4 d | | the values, last dimension fastest |
///
/// Source: LeCun, Cortes & Burges, "The MNIST Database of Handwritten Digits", file formats.
struct IDXFile {
    let name: String
    /// Lengths of all dimensions; the first is the number of rows.
    let shape: [Int]
    private var stream: ByteStream

    /// Reads the head of `file`.
    init(_ file: ImportFile, limits: ImportLimits) throws(DatasetError) {
        name = file.name
        stream = try ByteStream(file, limits: limits)
        let magic = try stream.exactly(4)
        guard magic[0] == 0, magic[1] == 0, magic[3] >= 1, magic[3] <= 4 else {
            throw DatasetError(
                .unknownFormat,
                "does not begin as an IDX file does",
                file: file.name
            )
        }
        guard magic[2] == 8 else {
            throw DatasetError(
                .idxType,
                "has values of type 0x\(String(magic[2], radix: 16)), and only 0x8 is taken",
                file: file.name
            )
        }
        let lengths = try stream.exactly(4 * Int(magic[3]))
        shape = stride(from: 0, to: lengths.count, by: 4).map { start in
            lengths[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        let columns = try rowBytes(limits: limits)
        guard shape[0] > 0, columns > 0 else {
            throw DatasetError(.emptyDataset, "has no rows", file: file.name)
        }
    }

    /// Whether it holds one value a row.
    var isLabels: Bool { shape.count == 1 }

    /// Number of rows.
    var rows: Int { shape[0] }

    /// Bytes of the file read so far, as they lie on the disk.
    var fileBytesRead: Int { stream.offset }

    /// Values of one row.
    func rowBytes(limits: ImportLimits) throws(DatasetError) -> Int {
        var product = 1
        for length in shape.dropFirst() {
            let (next, overflow) = product.multipliedReportingOverflow(by: length)
            guard !overflow, next <= limits.columnsMax else {
                throw DatasetError(
                    .tooManyColumns,
                    "states rows of more than \(limits.columnsMax) values",
                    file: name
                )
            }
            product = next
        }
        return product
    }

    /// The next values.
    mutating func read(_ count: Int) throws(DatasetError) -> [UInt8] {
        try stream.exactly(count)
    }

    /// Checks that nothing follows the last value.
    mutating func finish() throws(DatasetError) {
        guard try stream.upTo(1).isEmpty else {
            throw DatasetError(
                .idxTrailingBytes,
                "has more bytes than its head announces",
                file: name
            )
        }
    }
}

extension ByteStream {
    /// The next bytes, exactly so many.
    fileprivate mutating func exactly(_ count: Int) throws(DatasetError) -> [UInt8] {
        try exactly(
            count,
            orElse: .idxTruncated,
            "ends before all values that its head announces"
        )
    }
}
