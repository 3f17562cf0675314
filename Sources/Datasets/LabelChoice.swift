/// Which column of a table is the label.
///
/// The one that was named; else, with a header, the one called `label`, `class`, `target` or `y`;
/// else the last one, unless it cannot be classes and the first one clearly is: then the first, as
/// LightGBM and others write it.
struct LabelChoice {
    /// The column's place in the source.
    let index: Int
    /// What its owner should know of the choice.
    let remarks: [String]

    init(
        _ columns: [ColumnLook],
        resolver: ColumnResolver,
        _ hasHeader: Bool,
        options: ImportOptions
    ) throws(DatasetError) {
        if let label = options.label {
            index = try resolver.index(of: label, option: "--label")
            remarks = []
            return
        }
        if hasHeader, let named = Self.named(resolver.names) {
            index = named
            remarks = []
            return
        }
        let last = columns.count - 1
        let takesFirst =
            last > 0 && !columns[last].isClassLike
            && (columns[0].hasClassNumbers || columns[0].isText && !hasHeader)
        index = takesFirst ? 0 : last
        let other = takesFirst ? "the last is --label -1" : "the first would be --label 1"
        let place = takesFirst ? "first" : "last"
        remarks = ["no label was named: the \(place) column was taken (\(other))"]
    }

    private static func named(_ names: [String]) -> Int? {
        for usual in ["label", "class", "target", "y"] {
            if let index = names.firstIndex(where: { $0.lowercased() == usual }) { return index }
        }
        return nil
    }
}
