public import Domain
public import Wire

/// Where everything lies in a shard file; it follows from five facts alone.
///
/// A shard is a safetensors file: the header's length as UInt64, a header in JSON filled up with
/// blanks, then the tensors, each at a multiple of 64 bytes. The format allows no holes, so
/// tensors called `padding_…` fill them.
///
/// | Tensor | Type, shape | Contents |
/// |---|---|---|
/// | `features` | F32 (rows, columns) | dense rows |
/// | `features` | U8 (rows, columns) | the same where every value is a byte over the divisor |
/// | `indptr` | I64 (rows + 1) | sparse: where each row's entries begin |
/// | `indices` | I32 (values) | sparse: columns from 0, rising in each row |
/// | `values` | F32 (values) | sparse: what stands there |
/// | `labels` | I32 or F32 (rows) | class numbers from 0, or real values; none if there are none |
/// | `page_digests` | U8 (pages, 32) | SHA-256 of each 64 KiB page of all that lies before it |
///
/// The shard's hash is the SHA-256 of `page_digests`, so it vouches for every byte.
public struct ShardLayout: Hashable, Sendable {
    /// Number of rows.
    public let rows: Int
    /// Number of feature columns.
    public let columns: Int
    /// Stored values: rows × columns where dense.
    public let values: Int
    /// How rows are stored.
    public let rowLayout: RowLayout
    /// What values that are bytes are divided by: 1 or 255.
    public let divisor: Float
    /// What the labels are; nil where rows have none.
    public let labels: LabelType?

    /// Size of the whole file.
    public let fileBytes: Int

    let header: [UInt8]
    let features: Int
    let indices: Int
    let entries: Int
    let labelsStart: Int
    /// Where `page_digests` begins; all bytes before it are in pages.
    let digests: Int

    /// What a label is in the file.
    public enum LabelType: UInt8, Hashable, Sendable, CaseIterable {
        /// A class number, Int32.
        case classes = 1
        /// A real value, Float.
        case real
    }

    /// Bytes of a page; the last one may be shorter.
    public static let pageBytes = 64 << 10

    /// The layout that these facts have.
    /// - Precondition: none is negative, `values` is rows × columns where not sparse, and only
    ///   bytes are divided.
    public init(
        rows: Int,
        columns: Int,
        values: Int,
        rowLayout: RowLayout,
        divisor: Float = 1,
        labels: LabelType?
    ) {
        precondition(rows >= 0 && columns >= 0 && values >= 0, "\(rows) × \(columns), \(values)")
        precondition(rowLayout.isSparse || values == rows * columns, "\(values) values")
        precondition(divisor == 1 || rowLayout == .bytes && divisor == 255, "over \(divisor)")
        self.rows = rows
        self.columns = columns
        self.values = values
        self.rowLayout = rowLayout
        self.divisor = divisor
        self.labels = labels
        var plan = TensorPlan()
        switch rowLayout {
        case .dense: plan.add("features", "F32", [rows, columns], bytes: 4 * values)
        case .bytes:
            plan.add("features", "U8", [rows, columns], bytes: values)
            plan.divisor = divisor
        case .sparse:
            plan.add("indptr", "I64", [rows + 1], bytes: 8 * (rows + 1))
            plan.add("indices", "I32", [values], bytes: 4 * values)
            plan.add("values", "F32", [values], bytes: 4 * values)
        }
        if let labels {
            plan.add("labels", labels == .real ? "F32" : "I32", [rows], bytes: 4 * rows)
        }
        let data = plan.closed()
        header = data.header
        digests = data.digests
        fileBytes = data.fileBytes
        let starts = data.starts
        features = starts[0]
        indices = rowLayout.isSparse ? starts[1] : 0
        entries = rowLayout.isSparse ? starts[2] : 0
        labelsStart = labels == nil ? 0 : starts[starts.count - 1]
    }

    /// Number of pages, each with a digest.
    public var pages: Int { (digests + Self.pageBytes - 1) / Self.pageBytes }

    /// Reads the five facts that `write` wrote.
    public init(from reader: inout ByteReader) throws(WireError) {
        let rows: Int64 = try reader.integer("rows")
        let columns: Int64 = try reader.integer("columns")
        let values: Int64 = try reader.integer("values")
        let number: UInt8 = try reader.integer("row layout")
        let labels: UInt8 = try reader.integer("label type")
        guard let form = RowForm(rawValue: number) else {
            throw .badValue(what: "row layout", value: "\(number)")
        }
        let (cells, overflow) = rows.multipliedReportingOverflow(by: columns)
        let isSane =
            rows >= 0 && rows <= 1 << 32 && columns >= 0 && columns <= 1 << 31 && values >= 0
            && values <= 1 << 40 && (form == .sparse || !overflow && cells == values)
        guard isSane else {
            throw .badValue(what: "shard", value: "\(rows) × \(columns), \(values) values")
        }
        guard labels == 0 || LabelType(rawValue: labels) != nil else {
            throw .badValue(what: "label type", value: "\(labels)")
        }
        self.init(
            rows: Int(rows),
            columns: Int(columns),
            values: Int(values),
            rowLayout: form.layout,
            divisor: form == .pixels ? 255 : 1,
            labels: LabelType(rawValue: labels)
        )
    }

    /// Writes the five facts.
    public func write(to writer: inout ByteWriter) {
        for number in [rows, columns, values] { writer.write(Int64(number)) }
        writer.write(RowForm(rowLayout, divisor: divisor).rawValue)
        writer.write(labels?.rawValue ?? 0)
    }
}

extension ShardLayout {
    /// The layout of one shard of a dataset; where the two do not fit, as what a peer sends may
    /// not, that of a shard without rows, which no file of the shard's size has.
    public init(_ shard: ShardDescription, of manifest: DatasetManifest) {
        let (rows, columns) = (shard.rows, manifest.columns)
        let (cells, overflow) = rows.multipliedReportingOverflow(by: columns)
        let isSane =
            (0...1 << 32).contains(rows) && (0...1 << 31).contains(columns)
            && (0...1 << 40).contains(shard.values)
            && (manifest.layout.isSparse || !overflow && cells == shard.values)
        self.init(
            rows: isSane ? rows : 0,
            columns: isSane ? columns : 0,
            values: isSane ? shard.values : 0,
            rowLayout: manifest.layout,
            divisor: manifest.layout == .bytes && manifest.mapping.divisor == 255 ? 255 : 1,
            labels: manifest.labels == .real ? .real : .classes
        )
    }

    /// A value of rows that are bytes as it is stored.
    func byte(of value: Float) -> UInt8 { UInt8((value * divisor).rounded()) }
}

/// A row layout with its divisor, as it is written.
private enum RowForm: UInt8 {
    case dense, sparse, bytes, pixels

    init(_ layout: RowLayout, divisor: Float) {
        switch layout {
        case .dense: self = .dense
        case .sparse: self = .sparse
        case .bytes: self = divisor == 1 ? .bytes : .pixels
        }
    }

    var layout: RowLayout {
        switch self {
        case .dense: .dense
        case .sparse: .sparse
        case .bytes, .pixels: .bytes
        }
    }
}

/// Tensors laid out one behind the other.
private struct TensorPlan {
    private var entries: [String] = []
    private var starts: [Int] = []
    private var end = 0
    /// What the values of `features` are divided by; told where it is not 1.
    var divisor: Float = 1

    /// Appends a tensor, and what fills the gap behind it.
    mutating func add(_ name: String, _ type: String, _ shape: [Int], bytes: Int) {
        starts.append(end)
        append(name, type, shape, bytes: bytes)
        let gap = -end & 63
        if gap > 0 { append("padding_\(starts.count)", "U8", [gap], bytes: gap) }
    }

    private mutating func append(_ name: String, _ type: String, _ shape: [Int], bytes: Int) {
        let lengths = shape.map(String.init).joined(separator: ",")
        entries.append(
            "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":[\(lengths)],"
                + "\"data_offsets\":[\(end),\(end + bytes)]}"
        )
        end += bytes
    }

    /// The whole, with the digests of its pages as the last tensor.
    func closed() -> (header: [UInt8], starts: [Int], digests: Int, fileBytes: Int) {
        // The number of pages depends on the header's length, and that on the number's digits:
        // room for the longest makes both definite.
        let room = entries.joined(separator: ",").utf8.count + 256
        let headerBytes = (8 + room + 63) & ~63
        let digests = headerBytes + end
        let pages = (digests + ShardLayout.pageBytes - 1) / ShardLayout.pageBytes
        var plan = self
        plan.append("page_digests", "U8", [pages, 32], bytes: 32 * pages)
        let scale = divisor == 1 ? "" : ",\"divisor\":\"\(Int(divisor))\""
        let metadata = "\"__metadata__\":{\"format\":\"distml-shard/1\"\(scale)}"
        var text = Array("{\(metadata),\(plan.entries.joined(separator: ","))}".utf8)
        text.append(contentsOf: repeatElement(0x20, count: headerBytes - 8 - text.count))
        var header: [UInt8] = []
        withUnsafeBytes(of: UInt64(text.count).littleEndian) { header.append(contentsOf: $0) }
        header.append(contentsOf: text)
        return (header, starts.map { $0 + headerBytes }, digests, digests + 32 * pages)
    }
}
