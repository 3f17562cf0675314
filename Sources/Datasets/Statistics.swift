internal import Glibc

/// What one look at all staged rows found.
struct Statistics {
    /// Features that are not 0.
    var nonzeros = 0
    /// Whether every value is a whole number from 0 to 255, or was such a byte.
    var areBytes = true
    /// Rows of which every feature is 0.
    var zeroRows = 0
    /// Rows that are the same as an earlier one, label included.
    var duplicateRows = 0
    /// Whether all rows were compared for it, or only the first of many.
    var isDuplicateCountComplete = true
    /// Number of feature columns that hold one value only.
    var constantCount = 0
    /// The first 100,000 of them: hashed features leave millions empty.
    var constantColumns: [Int] = []

    /// Looks at every row.
    init(_ staged: StagedRows) {
        let columns = ColumnTally(count: staged.columns)
        let wereBytes = staged.areBytes
        var seen = SeenRows()
        for row in 0..<staged.rows {
            var count = 0
            staged.forEachNonzero(row) { column, value in
                count += 1
                columns.note(column, value)
                if !wereBytes, areBytes, !isByte(value) { areBytes = false }
            }
            nonzeros += count
            if count == 0 { zeroRows += 1 }
            if seen.insert(rowHash(staged.bytes(row))) { duplicateRows += 1 }
        }
        isDuplicateCountComplete = !seen.isFull
        for column in 0..<staged.columns where columns.isConstant(column, rows: staged.rows) {
            constantCount += 1
            if constantColumns.count < 100_000 { constantColumns.append(column) }
        }
    }
}

@inline(__always)
private func isByte(_ value: Float) -> Bool {
    value >= 0 && value <= 255 && value == value.rounded(.towardZero)
}

/// For each column how often it is not 0, and whether those values are all one.
private final class ColumnTally {
    private let count: Int
    private let times: UnsafeMutablePointer<UInt32>
    private let first: UnsafeMutablePointer<Float>
    private let varies: UnsafeMutablePointer<Bool>

    init(count: Int) {
        self.count = count
        times = zeros(count)
        first = zeros(count)
        varies = zeros(count)
    }

    deinit {
        free(times)
        free(first)
        free(varies)
    }

    @inline(__always)
    func note(_ column: Int, _ value: Float) {
        precondition(column >= 0 && column < count, "column \(column) of \(count)")
        if times[column] == 0 {
            first[column] = value
        } else if first[column] != value {
            varies[column] = true
        }
        times[column] += 1
    }

    func isConstant(_ column: Int, rows: Int) -> Bool {
        times[column] == 0 || Int(times[column]) == rows && !varies[column]
    }
}

/// Zeros that take memory only where they are changed: two rows may name column 33,000,000.
private func zeros<Value: BitwiseCopyable>(_ count: Int) -> UnsafeMutablePointer<Value> {
    guard let memory = calloc(max(1, count), MemoryLayout<Value>.stride) else {
        preconditionFailure("no memory for \(count) columns")
    }
    return memory.bindMemory(to: Value.self, capacity: max(1, count))
}

/// Hashes of the rows seen so far, up to a number: 32 MiB at most.
private struct SeenRows {
    private var slots = [UInt64](repeating: 0, count: 1 << 12)
    private var count = 0
    /// Whether it stopped taking rows.
    private(set) var isFull = false

    /// Whether `hash` was there already; takes it unless full.
    @inline(__always)
    mutating func insert(_ hash: UInt64) -> Bool {
        if isFull { return false }
        if 2 * count >= slots.count { grow() }
        // 0 marks a free slot.
        let key = hash == 0 ? 1 : hash
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: key) & mask
        while slots[place] != 0 {
            if slots[place] == key { return true }
            place = (place + 1) & mask
        }
        slots[place] = key
        count += 1
        return false
    }

    private mutating func grow() {
        guard slots.count < 1 << 22 else {
            isFull = true
            return
        }
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        let mask = slots.count - 1
        for key in old where key != 0 {
            var place = Int(truncatingIfNeeded: key) & mask
            while slots[place] != 0 { place = (place + 1) & mask }
            slots[place] = key
        }
    }
}

/// A hash good enough to count equal rows: two different rows agree once in 2⁶⁴.
private func rowHash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
    var offset = 0
    while offset + 8 <= bytes.count {
        hash = mixed(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
    }
    while offset < bytes.count {
        hash = mixed(hash ^ UInt64(bytes[offset]))
        offset += 1
    }
    return mixed(hash ^ UInt64(bytes.count))
}

@inline(__always)
private func mixed(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
}
