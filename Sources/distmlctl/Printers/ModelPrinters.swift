import ControlAPI
import Domain

/// Prints `model ls`.
struct ModelListPrinter: ListPrinter {
    let emptyNote = "no models; a finished run leaves one"

    func table(_ models: [ModelLs.Line], on terminal: Terminal) -> Table {
        var table = Table([
            .init("MODEL", shrinksTo: 12), .init("KIND"), .init("DATASET", shrinksTo: 8),
            .init("ACCURACY", right: true, dispensable: 1), .init("RUN", dispensable: 3),
            .init("PARAMETERS", right: true, dispensable: 4),
            .init("SIZE", right: true, dispensable: 5), .init("MADE", dispensable: 2),
        ])
        for model in models {
            table.add([
                .init(model.name.text), .init(model.kind.rawValue), .init(model.dataset.text),
                .init(headline(model.metrics)), .init(model.run.text),
                .init(grouped(model.parameters)), .init(byteSize(model.bytes)),
                .init(localTime(model.madeAt)),
            ])
        }
        return table
    }

    func name(_ model: ModelLs.Line) -> String { model.name.text }
}

/// Prints `model show`.
struct ModelPrinter: SheetPrinter {
    func sheet(_ model: ModelDocument, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("Model", model.name.text)
        sheet.add("Kind", "\(model.kind.rawValue) by \(model.algorithm.rawValue)")
        sheet.add("Run", model.run.text)
        sheet.add("Dataset", "\(model.dataset) \(model.datasetVersion.short)")
        sheet.add("Columns", grouped(model.columns))
        let classes = model.classes.prefix(20).joined(separator: ", ")
        sheet.add(
            "Classes",
            model.classes.isEmpty
                ? "none: it predicts real values"
                : "\(model.classes.count): \(classes)\(model.classes.count > 20 ? ", …" : "")"
        )
        sheet.add("Parameters", "\(grouped(model.parameters)), bias \(model.bias.rawValue)")
        addMetrics(model.metrics, to: &sheet)
        sheet.add("File", "\(byteSize(model.bytes)), SHA-256 \(model.hash.short)…")
        sheet.add("Made", localTime(model.madeAt))
        return sheet
    }

    func names(_ model: ModelDocument) -> [String] { [model.name.text] }
}

/// Prints `model eval`.
struct ModelEvalPrinter: SheetPrinter {
    /// Classes that a confusion table has room for.
    private static let classesMax = 12

    func sheet(_ reply: ModelEval.Reply, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("Model", reply.model.text)
        sheet.add("Dataset", reply.dataset.text)
        addMetrics(reply.metrics, to: &sheet)
        guard let confusion = reply.confusion else { return sheet }
        let table = table(confusion)
        let narrowest = table.lines(width: 1, hasColor: false).map(displayWidth).max() ?? 0
        if confusion.labels.count <= Self.classesMax, narrowest <= terminal.outputWidth ?? .max {
            sheet.add("ROWS BY CLASS (DOWN) AND PREDICTION (ACROSS)", table)
        } else {
            sheet.add("Confusion", "too wide to show here; use --json")
        }
        return sheet
    }

    private func table(_ confusion: ModelEval.Confusion) -> Table {
        var table = Table(
            [.init("", shrinksTo: 6)]
                + confusion.labels.map { .init(printable($0), right: true, shrinksTo: 3) }
        )
        for (row, label) in confusion.labels.enumerated() where row < confusion.counts.count {
            let counts = confusion.counts[row]
            guard counts.count == confusion.labels.count else { continue }
            table.add(
                [.init(label)]
                    + counts.enumerated().map { column, count in
                        .init("\(count)", column == row ? .green : nil)
                    }
            )
        }
        return table
    }

    func names(_ reply: ModelEval.Reply) -> [String] { [reply.model.text] }
}

/// Prints `model export`.
struct ModelExportPrinter: Printer {
    /// Where it went.
    let file: String

    func lines(_ reply: ModelExport.Reply, on terminal: Terminal) -> [String] {
        let size = "\(byteSize(reply.bytes)), SHA-256 \(reply.hash.short)…"
        return ["\(reply.model) → \(printable(file)) (\(size))"]
    }

    func names(_ reply: ModelExport.Reply) -> [String] { [file] }
}

/// Prints the end of `model predict` where the lines themselves go elsewhere.
struct ModelPredictPrinter: Printer {
    func lines(_ reply: ModelPredict.Reply, on terminal: Terminal) -> [String] {
        ["\(grouped(reply.rows)) rows"]
    }

    func names(_ reply: ModelPredict.Reply) -> [String] { [reply.model.text] }
}
