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
        addKernel(of: model, to: &sheet)
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
        if model.isScaled {
            sheet.add("Scaling", "with the model: it takes raw features and scales them")
        }
        if let threshold = model.threshold {
            sheet.add(
                "Threshold",
                "the second class where the score is above \(short(Double(threshold), digits: 4))"
            )
        }
        addMetrics(model.metrics, to: &sheet)
        sheet.add("File", "\(byteSize(model.bytes)), SHA-256 \(model.hash.short)…")
        sheet.add("Made", localTime(model.madeAt))
        return sheet
    }

    private func addKernel(of model: ModelDocument, to sheet: inout Sheet) {
        guard let kernel = model.kernel else { return }
        let function = kernel.function
        var text = function.kind.rawValue
        if function.kind != .linear { text += ", gamma \(short(function.gamma, digits: 4))" }
        if function.kind == .poly { text += ", degree \(function.degree)" }
        if function.kind == .poly || function.kind == .sigmoid {
            text += ", coef0 \(short(function.coef0, digits: 4))"
        }
        sheet.add("Kernel", text)
        if let features = kernel.features {
            sheet.add("Features", "\(grouped(features)) random ones, no row of the data")
        } else {
            let support = kernel.isOneVsRest ? "rows as landmarks" : "support vectors"
            sheet.add("Support", "\(grouped(kernel.supports)) \(support)")
        }
        if kernel.hasProbabilities { sheet.add("Probabilities", "by Platt's sigmoids") }
    }

    func names(_ model: ModelDocument) -> [String] { [model.name.text] }
}

/// Prints `model eval`.
struct ModelEvalPrinter: SheetPrinter {
    func sheet(_ reply: ModelEval.Reply, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("Model", reply.model.text)
        sheet.add("Dataset", reply.dataset.text)
        addMetrics(reply.metrics, to: &sheet)
        if let confusion = reply.confusion, let figures = reply.metrics.first?.perClass {
            addClasses(
                figures,
                counts: confusion.counts,
                labels: confusion.labels,
                to: &sheet,
                on: terminal
            )
        }
        return sheet
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

/// Prints `model rm`.
struct ModelRmPrinter: Printer {
    func lines(_ reply: ModelRm.Reply, on terminal: Terminal) -> [String] {
        ["removed model \(reply.name)"]
    }

    func names(_ reply: ModelRm.Reply) -> [String] { [reply.name.text] }
}
