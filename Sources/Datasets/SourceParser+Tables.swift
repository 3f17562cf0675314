internal import Domain

extension SourceParser {
    /// Reads tables that all have the columns of the first.
    func parseTables(
        _ found: DetectedFormat,
        _ listener: ProgressListener
    ) throws(DatasetError) -> ParsedSource {
        let first = files[0]
        let plan = try plan(first, delimiter: found.delimiter)
        var labels = labelTable()
        var reader = TableReader(plan: plan, options: options, staging: staging)
        var bytesDone = 0
        for (number, file) in files.enumerated() {
            var isHeaded = plan.hasHeader
            if number > 0, plan.hasHeader { isHeaded = try hasSameHeader(file, plan) }
            reader.begin(file: file.name)
            var blocks = try BlockReader(file, limits: options.limits)
            var skipped = isHeaded ? 1 : 0
            while !blocks.isAtEnd {
                try blocks.fill(line: reader.line)
                let isLast = blocks.isAtEnd
                try blocks.consume { bytes throws(DatasetError) in
                    try reader.consume(
                        bytes,
                        isLast: isLast,
                        skippingRows: &skipped,
                        labels: &labels
                    )
                }
                try report(bytesDone + blocks.fileBytesRead, listener)
            }
            bytesDone += blocks.fileBytesRead
        }
        return try parsed(found.format, plan, reader, labels)
    }

    private func plan(
        _ file: ImportFile,
        delimiter: UInt8
    ) throws(DatasetError) -> TablePlan {
        let survey = try TableSurvey(file, delimiter: delimiter, limits: options.limits)
        guard let known = options.known else {
            return try TablePlan(survey, delimiter: delimiter, file: file.name, options: options)
        }
        return try TablePlan(
            survey,
            delimiter: delimiter,
            file: file.name,
            matching: known,
            options: options
        )
    }

    /// Whether a further file begins with the first one's header; it may have none.
    private func hasSameHeader(
        _ file: ImportFile,
        _ plan: TablePlan
    ) throws(DatasetError) -> Bool {
        let survey = try TableSurvey(file, delimiter: plan.delimiter, limits: options.limits)
        guard let row = survey.rows.first else {
            throw DatasetError(.emptyDataset, "has no rows", file: file.name)
        }
        let names = columnNames(row, count: row.count)
        if names.count == plan.names.count, zip(names, plan.names).allSatisfy(sameText) {
            return true
        }
        let hasWordForNumber = row.indices.contains { index in
            guard index < plan.roles.count, case .number = plan.roles[index] else { return false }
            let bytes = Array(row[index].utf8)
            return number(row[index]) == nil && !isMissing(bytes.span, 0..<bytes.count)
        }
        guard !hasWordForNumber, names.count == plan.names.count else {
            throw DatasetError(
                .columnsDiffer,
                "has the columns \(list(names)), and the first file \(list(plan.names))",
                file: file.name,
                line: 1
            )
        }
        return false
    }

    private func parsed(
        _ format: ImportOptions.Format,
        _ plan: TablePlan,
        _ reader: TableReader,
        _ labels: LabelTable
    ) throws(DatasetError) -> ParsedSource {
        var columns: [SourceColumn] = []
        var staged: [StagedRows.TableColumn] = []
        var feature = 0
        for (slot, source) in plan.kept.enumerated() {
            let known = options.known?.mapping.columns?[slot]
            let column =
                if let known { known } else {
                    try sourceColumn(slot, plan.names[source], plan, reader)
                }
            staged.append(stagedColumn(column, feature, reader.texts[slot]))
            columns.append(column)
            feature += column.width
        }
        guard feature > 0, feature <= options.limits.columnsMax else {
            throw DatasetError(
                feature == 0 ? .noFeatures : .tooManyColumns,
                "\(feature) feature columns",
                file: files[0].name
            )
        }
        let mapping =
            options.known?.mapping
            ?? ColumnMapping(
                columns: columns,
                count: feature,
                label: plan.label.map { plan.names[$0] },
                dropped: plan.dropped
            )
        var source = ParsedSource(
            format: format,
            mapping: mapping,
            form: .table(staged),
            labels: wantsLabels ? labels : nil,
            remarks: remarks(plan, columns, feature)
        )
        source.warnings = plan.remarks + missingWarnings(columns, reader)
        return source
    }

    private func sourceColumn(
        _ slot: Int,
        _ name: String,
        _ plan: TablePlan,
        _ reader: TableReader
    ) throws(DatasetError) -> SourceColumn {
        let present = staging.rows - reader.missing[slot]
        guard case .text = plan.roles[plan.kept[slot]] else {
            let mean = present == 0 ? 0 : Float(reader.sums[slot] / Double(present))
            guard options.missing != .mean || present >= options.meanRowsMin else {
                throw DatasetError(
                    .missingValue,
                    "'\(shortened(name))' has \(present) values; a mean of so few shows them",
                    file: files[0].name,
                    column: plan.kept[slot] + 1,
                    hint: "--missing zero, or --drop \(shortened(name)), or --share-rows"
                )
            }
            let fill: Float? =
                switch options.missing {
                case .mean: mean
                case .zero: 0
                case nil: nil
                }
            return SourceColumn(name: name, fill: fill)
        }
        let texts = reader.texts[slot].texts
        // Twenty distinct texts are few whatever the number of rows.
        if texts.count > 20, texts.count * 2 > present {
            throw DatasetError(
                .tooManyCategories,
                "'\(shortened(name))' has \(texts.count) different texts in \(present) rows",
                file: files[0].name,
                column: plan.kept[slot] + 1,
                hint: "--drop \(shortened(name)) leaves the column out"
            )
        }
        return SourceColumn(
            name: name,
            categories: texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
            fill: options.missing == nil ? nil : 0
        )
    }

    private func stagedColumn(
        _ column: SourceColumn,
        _ feature: Int,
        _ texts: TextTable
    ) -> StagedRows.TableColumn {
        guard let categories = column.categories else {
            return StagedRows.TableColumn(feature: feature, width: 1, fill: column.fill ?? 0)
        }
        var places: [[UInt8]: Int32] = [:]
        for (place, category) in categories.enumerated() {
            places[Array(category.utf8)] = Int32(place)
        }
        return StagedRows.TableColumn(
            feature: feature,
            width: categories.count,
            categoryOfCode: texts.texts.map { places[Array($0.utf8)] ?? 0 }
        )
    }

    private func remarks(
        _ plan: TablePlan,
        _ columns: [SourceColumn],
        _ feature: Int
    ) -> [String] {
        let texts = columns.filter { $0.categories != nil }
        let oneHot = texts.reduce(0) { $0 + $1.width }
        var lines = ["header \(plan.hasHeader ? "yes" : "no")"]
        if let label = plan.label { lines.append("label column '\(shortened(plan.names[label]))'") }
        lines.append("\(columns.count - texts.count) columns of numbers")
        if !texts.isEmpty {
            lines.append("\(texts.count) of text became \(oneHot) one-hot columns")
        }
        if !plan.dropped.isEmpty { lines.append("left out: \(list(plan.dropped))") }
        return lines
    }

    private func missingWarnings(_ columns: [SourceColumn], _ reader: TableReader) -> [String] {
        columns.enumerated().compactMap { slot, column in
            let count = reader.missing[slot]
            guard count > 0 else { return nil }
            let stand = column.categories == nil ? "\(column.fill ?? 0)" : "none of its categories"
            return "'\(shortened(column.name))': \(count) missing values became \(stand)"
        }
    }
}
