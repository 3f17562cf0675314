import Domain
import Wire

extension ByteReader {
    mutating func wholeNumber(_ what: StaticString) throws(WireError) -> Int {
        let value: Int64 = try integer(what)
        guard (0...(1 << 48)).contains(value) else {
            throw .badValue(what: "\(what)", value: "\(value)")
        }
        return Int(value)
    }

    mutating func doubles(_ what: StaticString, limit: Int) throws(WireError) -> [Double] {
        let count = try count(what, limit: limit, itemBytes: 8)
        var values: [Double] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try double(what)) }
        return values
    }

    mutating func floats(_ what: StaticString, limit: Int) throws(WireError) -> [Float] {
        let count = try count(what, limit: limit, itemBytes: 4)
        var values: [Float] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try float(what)) }
        return values
    }
}

extension ByteWriter {
    mutating func write(_ values: [Double]) {
        write(UInt32(values.count))
        for value in values { write(value) }
    }

    mutating func write(_ values: [Float]) {
        write(UInt32(values.count))
        for value in values { write(value) }
    }
}

/// Most elements of any vector that crosses the seam or lies in a checkpoint.
let elementsMax = 1 << 30
