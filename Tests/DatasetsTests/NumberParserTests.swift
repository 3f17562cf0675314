import Glibc
import Testing

@testable import Datasets

@Suite("Numbers in text")
struct NumberParserTests {
    @Test(
        "Every decimal form is taken as strtod takes it",
        arguments: [
            "0", "-0", "+5", "5.", ".5", "-.25", "1e3", "1E+3", "12e-3", "0.1", "0.30000001192",
            "16777217", "123456789012345678", "9007199254740993", "1.00000017881393432617187499",
            "1.00000017881393432617187500", "1.00000017881393432617187501", "3.4028235e38",
            "1.17549435e-38", "0.000000000000000000000000000000000000012", "1e-22", "1e22", "1e23",
            "0.038075906433423026", "99999999999999999999999999", "1e0000000000000000000001",
            "0e99999999999999999999", "123456789e-30", "7.038531e-26", "8589973000",
        ]
    )
    func decimal(text: String) throws {
        let value = try #require(number(text))
        #expect(value.bitPattern == reference(text).bitPattern, "\(text) became \(value)")
    }

    @Test("A hundred thousand random numbers become what strtod makes of them")
    func random() {
        var random = TestRandom(1)
        for _ in 0..<100_000 {
            let text = randomNumber(&random)
            #expect(number(text)?.bitPattern == reference(text).bitPattern, "\(text)")
        }
    }

    @Test("What the quick way through a table takes, it takes as strtod does")
    func plain() {
        var random = TestRandom(3)
        var taken = 0
        for _ in 0..<50_000 {
            let text = randomNumber(&random)
            let bytes = Array((text + ",2\n").utf8)
            let value = bytes.withUnsafeBufferPointer { bytes -> Float? in
                var position = 0
                let value = bytes.baseAddress.flatMap {
                    parsePlainNumber($0, bytes.count, at: &position)
                }
                return bytes[position] == 0x2C ? value : nil
            }
            guard let value else { continue }
            taken += 1
            #expect(value.bitPattern == reference(text).bitPattern, "\(text)")
        }
        #expect(taken > 20_000)
    }

    @Test("Printed floats come back as the same bits")
    func roundTrip() {
        var random = TestRandom(2)
        for _ in 0..<50_000 {
            let value = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random))
            guard value.isNormal else { continue }
            #expect(number("\(value)") == value)
        }
    }

    @Test("What is too small for a normal Float is 0", arguments: ["1e-39", "-1e-45", "1e-400"])
    func tiny(text: String) {
        #expect(number(text) == 0)
    }

    @Test(
        "What is no decimal number within range is refused for its own reason",
        arguments: [
            ("nan", DatasetError.Code.notFinite), ("NaN", .notFinite), ("nan(0x1)", .notFinite),
            ("inf", .notFinite), ("-Infinity", .notFinite), ("1e999", .outOfRange),
            ("1e39", .outOfRange), ("3.4028236e38", .outOfRange), ("0x10", .badNumber),
            ("0x1p-3", .badNumber), ("1,5", .badNumber), ("1_000", .badNumber),
            ("1d3", .badNumber), ("1e", .badNumber), ("1e+", .badNumber), ("", .badNumber),
            ("-", .badNumber), (".", .badNumber), ("+-1", .badNumber), ("1 2", .badNumber),
            (" 5", .badNumber), ("１２", .badNumber), ("1.2.3", .badNumber), ("5a", .badNumber),
        ]
    )
    func refused(text: String, code: DatasetError.Code) {
        #expect(number(text) == nil)
        #expect(numberProblem(text).code == code)
    }

    @Test("A message shows neither control characters nor a mile of text")
    func shown() {
        #expect(shortened("a\u{1B}[31mb\n") == "a\u{FFFD}[31mb\u{FFFD}")
        #expect(shortened(String(repeating: "x", count: 100)).count == 41)
    }
}

/// Float(strtod), magnitudes below the smallest normal Float as 0.
private func reference(_ text: String) -> Float {
    let value = Float(strtod(text, nil))
    return abs(value) < Float.leastNormalMagnitude ? (value.sign == .minus ? -0.0 : 0) : value
}

private func randomNumber(_ random: inout TestRandom) -> String {
    var text = ["", "-", "+"].randomElement(using: &random) ?? ""
    for _ in 0..<Int.random(in: 1...12, using: &random) {
        text += "\(Int.random(in: 0...9, using: &random))"
    }
    if Bool.random(using: &random) {
        text += "."
        for _ in 0..<Int.random(in: 0...14, using: &random) {
            text += "\(Int.random(in: 0...9, using: &random))"
        }
    }
    if Int.random(in: 0...3, using: &random) == 0 {
        text += "e\(Int.random(in: -30...20, using: &random))"
    }
    return text
}
