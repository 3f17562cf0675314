import ControlAPI
import Domain

/// Prints `dataset ls`.
struct DatasetListPrinter: ListPrinter {
    let emptyNote = "no datasets; add one with 'distmlctl dataset add NAME FILE'"

    func table(_ datasets: [DatasetLs.Line], on terminal: Terminal) -> Table {
        var table = Table([
            .init("DATASET", shrinksTo: 12), .init("ROWS", right: true),
            .init("COLUMNS", right: true), .init("CLASSES", right: true, dispensable: 1),
            .init("SIZE", right: true, dispensable: 2),
            .init("SHARDS", right: true, dispensable: 4),
            .init("COPIES", right: true, dispensable: 5),
            .init("VERSION", dispensable: 6), .init("ADDED", dispensable: 3),
        ])
        for dataset in datasets {
            table.add([
                .init(dataset.name.text), .init(grouped(dataset.rows)),
                .init(grouped(dataset.columns)),
                .init(dataset.classes == 0 ? "real" : "\(dataset.classes)"),
                .init(byteSize(dataset.bytes)), .init("\(dataset.shards)"),
                .init("\(dataset.replicas)"), .init(dataset.version.short),
                .init(localTime(dataset.addedAt)),
            ])
        }
        return table
    }

    func name(_ dataset: DatasetLs.Line) -> String { dataset.name.text }
}

private func stored(_ layout: RowLayout) -> String {
    layout == .bytes ? "dense, one byte a value" : layout.rawValue
}

/// Prints `dataset show` and `dataset add`.
struct DatasetPrinter: SheetPrinter {
    func sheet(_ dataset: DatasetDocument, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("Dataset", dataset.name.text)
        sheet.add("Version", dataset.version?.short ?? "none: a dry run keeps nothing")
        sheet.add("Added", dataset.addedAt.map(localTime))
        sheet.add("Rows", grouped(dataset.rows))
        sheet.add("Columns", grouped(dataset.columns))
        sheet.add("Non-zeros", nonzeros(of: dataset))
        sheet.add("Stored", stored(dataset.layout))
        if dataset.local {
            sheet.add("Rows stay", "each part on its node; who loses a node loses its part")
        }
        sheet.add("Read as", reading(dataset.reading))
        sheet.add("Label", dataset.reading.label)
        if dataset.labels == "real" { sheet.add("Labels", "real values") }
        for warning in dataset.warnings { sheet.add("Note", warning, .yellow) }
        sheet.add("CLASSES", classTable(dataset.classes, rows: dataset.rows))
        sheet.add("COLUMNS OF TEXT, OR WITH GAPS FILLED", columnTable(dataset.reading))
        sheet.add("SHARDS", shardTable(dataset.shards))
        return sheet
    }

    private func nonzeros(of dataset: DatasetDocument) -> String {
        let values = Double(dataset.rows) * Double(dataset.columns)
        let share = values > 0 ? Double(dataset.nonzeros) / values : 0
        return "\(grouped(dataset.nonzeros)) (\(short(share * 100, digits: 3)) %)"
    }

    private func reading(_ reading: DatasetDocument.Reading) -> String {
        var text = reading.format
        if let base = reading.indexBase { text += ", first column is \(base)" }
        if let shape = reading.imageShape {
            text += ", images of \(shape.map(String.init).joined(separator: " × "))"
        }
        return text
    }

    private func columnTable(_ reading: DatasetDocument.Reading) -> Table {
        var table = Table([
            .init("COLUMN", shrinksTo: 10), .init("BECAME", shrinksTo: 10), .init("MISSING"),
        ])
        for column in reading.columns ?? [] where column.categories != nil || column.fill != nil {
            table.add([
                .init(column.name),
                .init(column.categories.map { "\($0) one-hot columns" } ?? "a number"),
                .init(column.fill.map { short(Double($0)) } ?? "refused"),
            ])
        }
        return table
    }

    func names(_ dataset: DatasetDocument) -> [String] { [dataset.name.text] }
}

/// Prints `dataset stats`.
struct DatasetStatsPrinter: SheetPrinter {
    func sheet(_ stats: DatasetStats.Reply, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("Dataset", stats.name.text)
        sheet.add("Version", stats.version.short)
        sheet.add("Rows", grouped(stats.rows))
        sheet.add("Columns", grouped(stats.columns))
        sheet.add(
            "Non-zeros",
            "\(grouped(stats.nonzeros)) (\(short(stats.density * 100, digits: 3)) %)"
        )
        sheet.add("Stored", "\(stored(stats.layout)), \(byteSize(stats.bytes))")
        sheet.add("Constant", constants(of: stats))
        sheet.add("CLASSES", classTable(stats.classes, rows: stats.rows))
        return sheet
    }

    private func constants(of stats: DatasetStats.Reply) -> String {
        guard let count = stats.constantColumns else {
            return "not known, the rows stay on their nodes"
        }
        guard count > 0 else { return "no column" }
        let names = stats.constantColumnNames.prefix(12).joined(separator: ", ")
        let more = count > 12 ? ", …" : ""
        return "\(count) columns: \(names)\(more)"
    }

    func names(_ stats: DatasetStats.Reply) -> [String] { [stats.name.text] }
}

/// Prints `dataset verify`.
struct DatasetVerifyPrinter: SheetPrinter {
    func sheet(_ reply: DatasetVerify.Reply, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("Dataset", reply.name.text)
        sheet.add("Version", reply.version.short)
        sheet.add(
            "Intact",
            reply.intact ? "yes, every copy" : "NO",
            reply.intact ? .green : .red
        )
        sheet.add("SHARDS", shardTable(reply.shards))
        return sheet
    }

    func names(_ reply: DatasetVerify.Reply) -> [String] { [reply.name.text] }
}

/// Prints `dataset rm`.
struct DatasetRmPrinter: Printer {
    func lines(_ reply: DatasetRm.Reply, on terminal: Terminal) -> [String] {
        ["removed dataset \(reply.name)"]
    }

    func names(_ reply: DatasetRm.Reply) -> [String] { [reply.name.text] }
}

private func classTable(_ classes: [ClassCount], rows: Int) -> Table {
    var table = Table([
        .init("CLASS", shrinksTo: 8), .init("ROWS", right: true), .init("SHARE", right: true),
    ])
    for item in classes {
        let share = rows > 0 ? Double(item.count) / Double(rows) : 0
        table.add([
            .init(item.label), .init(grouped(item.count)), .init("\(fixed(share * 100, 1)) %"),
        ])
    }
    return table
}

private func shardTable(_ shards: [DatasetDocument.Shard]) -> Table {
    var table = Table([
        .init("SHARD", right: true), .init("NODE"), .init("ROLE", dispensable: 2),
        .init("ROWS", right: true), .init("SIZE", right: true, dispensable: 1), .init("INTACT"),
    ])
    for shard in shards {
        table.add([
            .init("\(shard.index)"), .init(shard.node.text), .init(shard.role.rawValue),
            .init(grouped(shard.rows)), .init(byteSize(shard.bytes)), intactCell(shard.intact),
        ])
    }
    return table
}

private func intactCell(_ intact: Bool?) -> Table.Cell {
    switch intact {
    case true?: .init("yes", .green)
    case false?: .init("NO", .red)
    case nil: .init("unknown", .yellow)
    }
}
