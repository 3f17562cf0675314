/// What a file's first lines show of its form.
struct DetectedFormat: Equatable {
    /// The form.
    var format: ImportOptions.Format
    /// What stands between two fields of a table.
    var delimiter: UInt8

    /// Looks at the beginning of `file`; what `options` state is taken as it is.
    init(_ file: ImportFile, options: ImportOptions) throws(DatasetError) {
        if let stated = options.format, [.idx, .npy, .npz].contains(stated) {
            (format, delimiter) = (stated, 0)
            return
        }
        if options.format == nil, try ZipArchive.isZip(file) {
            (format, delimiter) = (.npz, 0)
            return
        }
        let start = try beginning(of: file, limits: options.limits)
        if options.format == nil, start.count >= 4, start[0] == 0, start[1] == 0,
            (1...4).contains(start[3])
        {
            (format, delimiter) = (.idx, 0)
            return
        }
        if options.format == nil, start.starts(with: NumPyHeader.magic) {
            (format, delimiter) = (.npy, 0)
            return
        }
        let lines = firstLines(start)
        guard let stated = options.format else {
            guard let found = Self.guess(lines) else { throw Self.unknown(file, lines) }
            (format, delimiter) = found
            return
        }
        format = stated
        delimiter = stated == .tsv ? 0x09 : Self.tableDelimiter(lines)
    }

    private static func guess(_ lines: [ArraySlice<UInt8>]) -> (ImportOptions.Format, UInt8)? {
        if looksLikeLIBSVM(lines) { return (.libsvm, 0) }
        guard let line = lines.first(where: { $0.first != 0x7C }) else { return nil }
        if line.contains(0x09) { return (.tsv, 0x09) }
        if line.contains(0x2C) { return (.csv, 0x2C) }
        if line.contains(0x3B) { return (.csv, 0x3B) }
        return nil
    }

    /// The comma, or the semicolon where the first line has no comma outside of quotes.
    private static func tableDelimiter(_ lines: [ArraySlice<UInt8>]) -> UInt8 {
        guard let line = lines.first else { return 0x2C }
        return line.contains(0x3B) && !line.contains(0x2C) ? 0x3B : 0x2C
    }

    private static func areSeparatedByBlanks(_ lines: [ArraySlice<UInt8>]) -> Bool {
        guard let line = lines.first else { return false }
        let fields = line.split(separator: 0x20)
        return fields.count > 1
            && fields.allSatisfy {
                number(String(decoding: $0, as: UTF8.self)) != nil
            }
    }

    private static func unknown(_ file: ImportFile, _ lines: [ArraySlice<UInt8>]) -> DatasetError {
        guard !lines.isEmpty else {
            return DatasetError(.emptyDataset, "has no rows", file: file.name)
        }
        return DatasetError(
            .unknownFormat,
            "is neither LIBSVM text, nor a table of commas or tabs, nor IDX, nor NumPy arrays",
            file: file.name,
            line: 1,
            hint: Self.areSeparatedByBlanks(lines)
                ? "separate its columns by commas: tr -s ' ' ','" : "--format says what it is"
        )
    }
}

/// Whether lines look like `label index:value …`; the first ten that are not blank are asked.
private func looksLikeLIBSVM(_ lines: [ArraySlice<UInt8>]) -> Bool {
    var entries = 0
    for line in lines.prefix(10) {
        let bare = line.prefix { $0 != 0x23 }
        let tokens = bare.split { $0 == 0x20 || $0 == 0x09 }
        guard let label = tokens.first else { continue }
        let isLabelled = !label.contains(0x3A)
        for token in tokens.dropFirst(isLabelled ? 1 : 0) {
            guard let colon = token.firstIndex(of: 0x3A), colon > token.startIndex else {
                return false
            }
            let name = token[..<colon]
            let isIndex = name.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D }
            guard isIndex || name.elementsEqual("qid".utf8) else { return false }
            entries += 1
        }
    }
    return entries > 0
}

/// The first lines that are not blank, without the remarks of LIBSVM text that fill a whole line.
private func firstLines(_ start: [UInt8]) -> [ArraySlice<UInt8>] {
    start.split { $0 == newline || $0 == carriageReturn }.filter { line in
        let bare = line.drop { $0 == 0x20 || $0 == 0x09 }
        return !bare.isEmpty && bare.first != 0x23
    }
}

/// The first 64 KiB of the contents, without a byte order mark.
private func beginning(
    of file: ImportFile,
    limits: ImportLimits
) throws(DatasetError) -> [UInt8] {
    var stream = try ByteStream(file, limits: limits)
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    var count = 0
    while count < bytes.count {
        let part = try bytes.withUnsafeMutableBufferPointer { target throws(DatasetError) in
            let rest = UnsafeMutableBufferPointer(rebasing: target[count...])
            return try stream.read(into: UnsafeMutableRawBufferPointer(rest))
        }
        if part == 0 { break }
        count += part
    }
    bytes.removeLast(bytes.count - count)
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
}
