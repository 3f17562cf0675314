import JSONRPC
import Testing

@Suite("Values as JSON and back")
struct JSONCodingTests {
    struct Names: Codable, Equatable {
        var f1 = 0.5
        var r2 = -1.0
        var l2 = 1e-9
        var logLoss = 0.25
        var bytesSentPerNode = 7
        var rocAuc: Double?
        var indexBase: Int?
        var isFinal = true
    }

    enum Labels: Codable, Equatable {
        case classes([String])
        case realValues
    }

    struct Free: Codable, Equatable {
        var counts: [String: Int]
        var labels: Labels
    }

    @Test("Names are snake_case in JSON and come back as they were")
    func names() throws {
        let value = Names(rocAuc: 0.75)
        let bytes = try JSONCoding.encode(value)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"bytes_sent_per_node":7,"f1":0.5,"is_final":true,"l2":1e-09,"#
                + #""log_loss":0.25,"r2":-1,"roc_auc":0.75}"#
        )
        #expect(try JSONCoding.decode(Names.self, from: bytes) == value)
    }

    @Test("Keys that are data and cases with values survive")
    func data() throws {
        let value = Free(
            counts: ["camelCase": 1, "snake_case": 2],
            labels: .classes(["a_b", "cD"])
        )
        let bytes = try JSONCoding.encode(value)
        #expect(try JSONCoding.decode(Free.self, from: bytes) == value)
    }

    @Test(
        "Numbers that are not finite do not break a report",
        arguments: [Double.infinity, -.infinity, .nan]
    )
    func notFinite(value: Double) throws {
        let bytes = try JSONCoding.encode(["loss": value])
        let back = try JSONCoding.decode([String: Double].self, from: bytes)["loss"]
        #expect(back?.description == value.description)
    }

    @Test(
        "What is no strict JSON is refused before it is decoded",
        arguments: [
            "", "{", "}", "{}x", "{} {}", "{\"a\":1,}", "{\"a\":[1,]}", "{\"a\" 1}", "{a:1}",
            "{'a':1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":0x10}",
            "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":tru}", "{\"a\":\"\t\"}", "{\"a\":\"\\x\"}",
            "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"b}",
            "\u{FEFF}{}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"a\":1 /* b */}",
            "{\"a\":-}", "{\"a\":1e}", "null", "3",
        ]
    )
    func strict(text: String) {
        #expect {
            try JSONCoding.decode([String: Int].self, from: Array(text.utf8))
        } throws: {
            guard case .parse = $0 as? ProtocolError else { return false }
            return true
        }
    }

    @Test("Bytes that are not UTF-8 are refused, also inside strings")
    func notUTF8() {
        for bad: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] {
            let bytes = Array("{\"a\":\"".utf8) + bad + Array("\"}".utf8)
            #expect(throws: ProtocolError.parse("not UTF-8")) {
                try JSONCoding.decode([String: String].self, from: bytes)
            }
        }
    }

    @Test("Depth is limited", arguments: [(30, true), (31, true), (32, false), (100_000, false)])
    func depth(levels: Int, isAllowed: Bool) {
        let text =
            "{\"a\":" + String(repeating: "[", count: levels)
            + String(repeating: "]", count: levels) + "}"
        let bytes = Array(text.utf8)
        if isAllowed {
            #expect(throws: Never.self) { try JSONCoding.decode(Nothing.self, from: bytes) }
        } else {
            #expect(throws: ProtocolError.self) {
                try JSONCoding.decode(Nothing.self, from: bytes)
            }
        }
    }

    @Test("Escapes, surrogate pairs and odd spaces are read")
    func escapes() throws {
        let text = "\t{ \"a\" :\r\n\"\\u00fc\\ud83d\\ude00\\/\\n\" } "
        let value = try JSONCoding.decode([String: String].self, from: Array(text.utf8))
        #expect(value == ["a": "ü😀/\n"])
    }

    @Test("A wrong value is named by its path in the JSON's own words")
    func path() {
        struct Inner: Codable { var rowCount: Int }
        struct Outer: Codable { var shardList: [Inner] }
        let cases = [
            (#"{"shard_list":[{"row_count":1},{}]}"#, "'shard_list[1].row_count' is missing"),
            (
                #"{"shard_list":[{"row_count":"x"}]}"#,
                "'shard_list[0].row_count' is not a whole number that fits"
            ),
            (#"{}"#, "'shard_list' is missing"),
            (#"{"shard_list":{}}"#, "'shard_list' is not a list or an object"),
        ]
        for (text, message) in cases {
            #expect(throws: ProtocolError.invalidParams(message)) {
                try JSONCoding.decode(Outer.self, from: Array(text.utf8))
            }
        }
    }
}
