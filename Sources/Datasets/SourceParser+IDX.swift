internal import Domain

extension SourceParser {
    /// Reads pairs of IDX files; the n-th file of images belongs to the n-th of labels.
    func parseIDX(_ listener: ProgressListener) throws(DatasetError) -> ParsedSource {
        var images: [IDXFile] = []
        var labelFiles: [IDXFile] = []
        for file in files {
            let opened = try IDXFile(file, limits: options.limits)
            if opened.isLabels { labelFiles.append(opened) } else { images.append(opened) }
        }
        let isBare = !wantsLabels && labelFiles.isEmpty
        guard let first = images.first, isBare || images.count == labelFiles.count else {
            throw DatasetError(
                .idxPair,
                "\(images.count) IDX files of images and \(labelFiles.count) of labels were named",
                file: files.first?.name,
                hint: "name both files of a pair"
            )
        }
        let columns = try first.rowBytes(limits: options.limits)
        if let known = options.known?.mapping, known.count != columns || known.divisor != 255 {
            throw DatasetError(
                .columnsDiffer,
                "has images of \(columns) values, and the known data have \(known.count) columns",
                file: first.name
            )
        }
        var labels = labelTable()
        var done = 0
        for (number, file) in images.enumerated() {
            let partner = isBare ? nil : labelFiles[number]
            try readPair(file, partner, shape: first.shape, &labels, done: &done, listener)
        }
        let shape = first.shape.dropFirst()
        return ParsedSource(
            format: .idx,
            mapping: options.known?.mapping
                ?? ColumnMapping(
                    columns: nil,
                    count: columns,
                    imageShape: shape.count == 2 ? Array(shape) : nil,
                    divisor: 255
                ),
            form: .bytes(columns: columns, divisor: 255),
            labels: wantsLabels ? labels : nil,
            remarks: [
                "rows of \(shape.map(String.init).joined(separator: " × ")) bytes, divided by 255"
            ]
        )
    }

    private func readPair(
        _ images: IDXFile,
        _ labelFile: IDXFile?,
        shape: [Int],
        _ labels: inout LabelTable,
        done: inout Int,
        _ listener: ProgressListener
    ) throws(DatasetError) {
        guard images.shape.dropFirst() == shape.dropFirst() else {
            throw DatasetError(
                .columnsDiffer,
                "has images of another shape than the first file",
                file: images.name
            )
        }
        if let labelFile, labelFile.rows != images.rows {
            throw DatasetError(
                .idxCount,
                "has \(labelFile.rows) labels for the \(images.rows) images of \(images.name)",
                file: labelFile.name
            )
        }
        var images = images
        var labelFile = labelFile
        let columns = try images.rowBytes(limits: options.limits)
        let block = max(1, (256 << 10) / columns)
        for start in stride(from: 0, to: images.rows, by: block) {
            let count = min(block, images.rows - start)
            let pixels = try images.read(count * columns)
            let numbers = try labelFile?.read(count)
            for row in 0..<count {
                let label = try labelFile.map { file throws(DatasetError) in
                    try stagedLabel(numbers?[row] ?? 0, file.name, row: start + row, &labels)
                }
                try appendRow(label ?? .none, pixels, row: row, columns: columns)
            }
            let read = images.fileBytesRead + (labelFile?.fileBytesRead ?? 0)
            try report(done + read, listener)
        }
        try images.finish()
        try labelFile?.finish()
        done += images.fileBytesRead + (labelFile?.fileBytesRead ?? 0)
    }

    private func stagedLabel(
        _ number: UInt8,
        _ file: String,
        row: Int,
        _ labels: inout LabelTable
    ) throws(DatasetError) -> StagedLabel {
        guard wantsLabels else { return .none }
        let text = Array(String(number).utf8)
        return try labels.add(text.span, 0..<text.count) {
            DatasetError(.badLabel, "", file: file, line: row + 1)
        }
    }

    private func appendRow(
        _ label: StagedLabel,
        _ pixels: [UInt8],
        row: Int,
        columns: Int
    ) throws(DatasetError) {
        try pixels.withUnsafeBufferPointer { bytes throws(DatasetError) in
            let part = bytes[row * columns..<(row + 1) * columns]
            try staging.appendBytes(
                label,
                UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: part))
            )
        }
    }
}
