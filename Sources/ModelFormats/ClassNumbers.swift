internal import Glibc

/// Classes as the whole numbers that LIBLINEAR and LIBSVM know labels as.
struct ClassNumbers {
    /// The number of each class.
    let numbers: [Int]
    /// What the reader must know, where the classes are no numbers.
    let remark: String?

    init(_ classes: [String]) {
        let own = classes.compactMap { text -> Int? in
            guard let value = Double(text), value == value.rounded(),
                value.magnitude <= Double(Int32.max)
            else { return nil }
            return Int(value)
        }
        if own.count == classes.count, Set(own).count == own.count {
            numbers = own
            remark = nil
            return
        }
        numbers = Array(classes.indices)
        let meaning = classes.prefix(8).enumerated().map { "\($0) = '\($1)'" }
        let more = classes.count > 8 ? ", …" : ""
        remark =
            "the format knows whole numbers only, so classes are counted: "
            + meaning.joined(separator: ", ") + more
    }

    /// The numbers in one line.
    var text: String { numbers.map(String.init).joined(separator: " ") }
}

/// A number as text that reads back as exactly this value where numbers are doubles.
func exactText(_ value: Double) -> String { "\(value)" }
