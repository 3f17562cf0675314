import JSONRPC
import Testing

@Suite("Messages of JSON-RPC 2.0")
struct MessageTests {
    struct Add: Codable, Equatable, Sendable {
        var leftSide: Int
        var rightSide: Int
    }

    struct Details: Codable, Equatable, Sendable {
        var hint: String
    }

    private func read(_ line: [UInt8]) throws -> Message {
        #expect(line.last == 0x0A)
        return try Message(line: line.dropLast())
    }

    @Test(
        "A request comes back as it was sent",
        arguments: [.number(-7), .text("x")] as [RequestID]
    )
    func request(id: RequestID) throws {
        let params = Add(leftSide: 1, rightSide: 2)
        let message = try read(try Message.request("math.add", id: id, params: params))
        #expect(message.kind == .request(method: "math.add", id: id))
        #expect(try message.params(as: Add.self) == params)
    }

    @Test("A notification has no id, a result no method")
    func others() throws {
        let told = try read(try Message.notification("tick", params: Nothing()))
        #expect(told.kind == .notification(method: "tick"))
        let answer = try read(try Message.result([3, 4], id: .number(1)))
        #expect(answer.kind == .result(id: .number(1)))
        #expect(try answer.result(as: [Int].self) == [3, 4])
    }

    @Test(
        "A refusal carries code, message and the application's details",
        arguments: [true, false]
    )
    func refusal(hasID: Bool) throws {
        let id: RequestID? = hasID ? .number(9) : nil
        let error = ErrorObject(code: 5, message: "no", data: Details(hint: "ask again"))
        let line = try Message.failure(error, id: id)
        #expect(String(decoding: line, as: UTF8.self).contains("\"id\":") == true)
        let message = try read(line)
        #expect(message.kind == .failure(id: id))
        let back = try message.failure(as: Details.self)
        #expect(back.code == 5)
        #expect(back.message == "no")
        #expect(back.data == Details(hint: "ask again"))
    }

    @Test("Absent parameters read as the empty object")
    func noParams() throws {
        let message = try Message(line: Array(#"{"jsonrpc":"2.0","id":1,"method":"a"}"#.utf8))
        #expect(try message.params(as: Nothing.self) == Nothing())
        #expect(throws: ProtocolError.invalidParams("'left_side' is missing")) {
            try message.params(as: Add.self)
        }
    }

    @Test("Parameters by position are refused")
    func byPosition() throws {
        let text = #"{"jsonrpc":"2.0","id":1,"method":"a","params":[1,2]}"#
        let message = try Message(line: Array(text.utf8))
        #expect(throws: ProtocolError.self) { try message.params(as: Add.self) }
    }

    @Test(
        "What is JSON but no message is an invalid request",
        arguments: [
            "[]", #"[{"jsonrpc":"2.0","method":"a"}]"#, "{}", #"{"jsonrpc":"2.0"}"#,
            #"{"jsonrpc":"1.0","id":1,"method":"a"}"#, #"{"jsonrpc":2.0,"id":1,"method":"a"}"#,
            #"{"id":1,"method":"a"}"#, #"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#,
            #"{"jsonrpc":"2.0","id":{},"method":"a"}"#,
            #"{"jsonrpc":"2.0","id":null,"method":"a"}"#,
            #"{"jsonrpc":"2.0","id":1,"method":7}"#, #"{"jsonrpc":"2.0","id":1}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"a","result":1}"#,
            #"{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}}"#,
            #"{"jsonrpc":"2.0","result":1}"#,
        ]
    )
    func invalid(text: String) {
        #expect {
            try Message(line: Array(text.utf8))
        } throws: {
            ($0 as? ProtocolError)?.code == -32600
        }
    }

    @Test("A line that would be too long is not sent")
    func tooLong() {
        let text = String(repeating: "x", count: LineBuffer.defaultLimit)
        #expect(throws: ProtocolError.self) { try Message.result(text, id: .number(1)) }
    }

    @Test("Codes are the standard's")
    func codes() {
        #expect(ProtocolError.parse("").code == -32700)
        #expect(ProtocolError.invalidRequest("").code == -32600)
        #expect(ProtocolError.methodNotFound("").code == -32601)
        #expect(ProtocolError.invalidParams("").code == -32602)
        #expect(ProtocolError.unencodable("").code == -32603)
    }

    @Test("Ten thousand damaged lines are read or refused, none traps")
    func damaged() throws {
        let whole = try Message.request(
            "math.add",
            id: .number(1),
            params: Add(leftSide: 1, rightSide: 2)
        )
        var generator = SplitMix(state: 7)
        var refused = 0
        for _ in 0..<10_000 {
            var line = Array(whole.dropLast())
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                line[Int.random(in: 0..<line.count, using: &generator)] = .random(in: 0...255)
            }
            line.removeLast(Int.random(in: 0...2, using: &generator))
            do throws(ProtocolError) {
                _ = try Message(line: line).params(as: Add.self)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 5_000)
    }
}

/// Repeatable randomness.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
