import ArgumentParser
import ControlAPI
import Domain

/// How the files of a dataset are to be read.
struct ReadingArguments: ParsableArguments {
    @Option(help: "What the files are; by default as their contents say.")
    var format: ReadingOptions.Format?

    // A column may be -1, the last one, which is no option.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The label column, by name or number from 1 (negative: from the end).",
            valueName: "column"
        )
    )
    var label: String?

    @Flag(inversion: .prefixedNo, help: "Whether the first line names the columns.")
    var header: Bool?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Columns to leave out, by name or number.", valueName: "col,…")
    )
    var drop: TypedList?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The only columns to take beside the label.", valueName: "col,…")
    )
    var only: TypedList?

    @Option(help: "What stands in for missing values; by default they are refused.")
    var missing: ReadingOptions.Missing?

    @Option(
        help: ArgumentHelp("What LIBSVM text calls its first column: 0 or 1.", valueName: "0|1")
    )
    var indexBase: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "All classes there are, where a file may lack some.",
            valueName: "class,…"
        )
    )
    var classes: TypedList?

    @Option(help: "How many columns LIBSVM text has, where a file may lack the last ones.")
    var columns: Int?

    @Option(
        help: "A dataset whose columns, categories and classes are to be used again.",
        completion: LiveNames.datasets.completion,
        transform: DatasetName.typed
    )
    var like: DatasetName?

    func validate() throws {
        if drop != nil, only != nil {
            throw ValidationError("--drop and --only exclude each other")
        }
        if let classes, classes.items.count < 2 {
            throw ValidationError("--classes wants at least two")
        }
        if let columns, columns < 1 { throw ValidationError("--columns wants at least 1") }
        if like != nil, classes != nil || columns != nil {
            throw ValidationError("--like says what --classes and --columns would")
        }
        if let indexBase, indexBase != 0, indexBase != 1 {
            throw ValidationError("--index-base is 0 or 1")
        }
    }

    /// What was typed.
    func options() throws -> ReadingOptions {
        var options = ReadingOptions()
        options.format = format
        options.label = label
        options.header = header
        options.drop = drop?.items ?? []
        options.only = only?.items ?? []
        options.missing = missing
        options.indexBase = indexBase
        options.classes = classes?.items
        options.columns = columns
        options.like = like
        return options
    }
}
