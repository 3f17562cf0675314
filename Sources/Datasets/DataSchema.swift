public import Domain

/// What all parts of a dataset have in common: its columns with their categories, and its classes.
public struct DataSchema: Hashable, Sendable {
    /// How the source's columns become features.
    public var mapping: ColumnMapping
    /// What the labels are.
    public var labels: LabelKind

    /// A schema of its parts.
    public init(mapping: ColumnMapping, labels: LabelKind) {
        self.mapping = mapping
        self.labels = labels
    }

    /// The schema of a dataset.
    public init(_ manifest: DatasetManifest) {
        self.init(mapping: manifest.mapping, labels: manifest.labels)
    }

    /// The least schema that holds this one and `other`: categories and classes of both.
    ///
    /// Named columns are matched by name, in the order of this one; what stands for missing values
    /// is taken from this one.
    /// - Throws: `columnsDiffer` where no schema holds both.
    public func united(with other: DataSchema) throws(DatasetError) -> DataSchema {
        var united = self
        switch (mapping.columns, other.mapping.columns) {
        case (let ours?, let theirs?):
            let columns = try unite(ours, theirs)
            united.mapping.columns = columns
            united.mapping.count = columns.reduce(0) { $0 + $1.width }
        case (nil, nil):
            guard mapping.imageShape == other.mapping.imageShape,
                mapping.divisor == other.mapping.divisor,
                mapping.indexBase == other.mapping.indexBase
            else { throw differing("one of them is LIBSVM text, or has other images") }
            united.mapping.count = max(mapping.count, other.mapping.count)
        default: throw differing("one of them is a table, the other is none")
        }
        switch (labels, other.labels) {
        case (.real, .real): break
        case (.classes(let ours), .classes(let theirs)):
            let strange = theirs.filter { name in !ours.contains { isSameClass($0, name) } }
            if !strange.isEmpty { united.labels = .classes(orderedClasses(ours + strange)) }
        default: throw differing("one of them has classes, the other real values")
        }
        return united
    }

    /// Where the columns and classes of this schema are in a wider one.
    /// - Throws: `columnsDiffer` where `wider` lacks any of them.
    public func places(in wider: DataSchema) throws(DatasetError) -> SchemaPlaces {
        SchemaPlaces(
            columns: try columnPlaces(in: wider.mapping),
            classes: try classPlaces(in: wider.labels)
        )
    }

    private func columnPlaces(in wider: ColumnMapping) throws(DatasetError) -> [Int32] {
        guard let ours = mapping.columns, let theirs = wider.columns else {
            guard mapping.columns == nil, wider.columns == nil, mapping.count <= wider.count else {
                throw differing("\(mapping.count) columns are not among \(wider.count)")
            }
            return (0..<Int32(mapping.count)).map(\.self)
        }
        guard ours.count == theirs.count else {
            throw differing("\(ours.count) columns are not among \(theirs.count)")
        }
        var places: [Int32] = []
        var start: Int32 = 0
        for (our, their) in zip(ours, theirs) {
            guard sameText(our.name, their.name) else { throw differing("'\(our.name)' is moved") }
            places += try categoryPlaces(our, their).map { start + $0 }
            start += Int32(their.width)
        }
        return places
    }

    private func categoryPlaces(
        _ our: SourceColumn,
        _ their: SourceColumn
    ) throws(DatasetError) -> [Int32] {
        guard let ours = our.categories else {
            guard their.categories == nil else { throw differing("'\(our.name)' became text") }
            return [0]
        }
        var places: [Int32] = []
        for text in ours {
            guard let place = their.categories?.firstIndex(where: { sameText($0, text) }) else {
                throw differing("a category of '\(our.name)' is missing")
            }
            places.append(Int32(place))
        }
        return places
    }

    private func classPlaces(in wider: LabelKind) throws(DatasetError) -> [Int32] {
        guard case .classes(let ours) = labels, case .classes(let theirs) = wider else {
            guard labels == wider else { throw differing("classes and real values") }
            return []
        }
        var places: [Int32] = []
        for name in ours {
            guard let place = theirs.firstIndex(where: { sameText($0, name) }) else {
                throw differing("a class is missing")
            }
            places.append(Int32(place))
        }
        return places
    }
}

/// Where the columns and classes of a schema are in a wider one.
public struct SchemaPlaces: Hashable, Sendable {
    /// The place of each feature column; they rise.
    public let columns: [Int32]
    /// The place of each class; none for real labels.
    public let classes: [Int32]
}

/// Class names in the order in which an import numbers them: by value where all are numbers, else
/// by their bytes.
public func orderedClasses(_ names: [String]) -> [String] {
    let values = names.map { number($0) }
    let isNumeric = !values.contains { $0 == nil }
    let order = names.indices.sorted { left, right in
        if isNumeric, let one = values[left], let two = values[right] {
            return (one, left) < (two, right)
        }
        return names[left].utf8.lexicographicallyPrecedes(names[right].utf8)
    }
    return order.map { names[$0] }
}

/// Whether two labels mean one class: the same text or the same number.
public func isSameClass(_ one: String, _ other: String) -> Bool {
    if sameText(one, other) { return true }
    guard let value = number(one) else { return false }
    return number(other) == value
}

private func unite(
    _ ours: [SourceColumn],
    _ theirs: [SourceColumn]
) throws(DatasetError) -> [SourceColumn] {
    guard ours.count == theirs.count else {
        throw differing("one has \(ours.count) columns, the other \(theirs.count)")
    }
    var united = ours
    for (index, column) in ours.enumerated() {
        guard let other = theirs.first(where: { sameText($0.name, column.name) }) else {
            throw differing("there is no column '\(shortened(column.name))'")
        }
        switch (column.categories, other.categories) {
        case (nil, nil): break
        case (let ours?, let theirs?):
            let strange = theirs.filter { text in !ours.contains { sameText($0, text) } }
            united[index].categories = (ours + strange).sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
        default:
            throw differing("'\(shortened(column.name))' is text in one and numbers in the other")
        }
    }
    return united
}

private func differing(_ reason: String) -> DatasetError {
    DatasetError(.columnsDiffer, "the columns do not go together: \(reason)")
}
