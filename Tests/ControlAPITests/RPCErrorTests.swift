import ControlAPI
import Domain
import JSONRPC
import Testing

@Suite("Refusals")
struct RPCErrorTests {
    @Test("Codes are stable and lead to the promised exit codes")
    func codes() {
        let codes = RPCError.Code.allCases.map { ($0.rawValue, $0.exitCode) }
        #expect(codes.map(\.0) == [100, 101, 102, 200, 300, 400, 500, 600, 700, 800, 7000])
        #expect(codes.map(\.1) == [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 70])
    }

    @Test("A refusal survives the way to the client")
    func travel() throws {
        var error = RPCError(.badData, "not a number: 'x'", node: NodeID("a"), hint: "drop it")
        error.file = "train.csv"
        error.line = 3
        error.column = 17
        error.reason = "not_a_number"
        let line = try Message.failure(error.object, id: .number(1))
        let message = try Message(line: line.dropLast())
        let back = RPCError(try message.failure(as: RPCError.Details.self))
        #expect(back == error)
        #expect(back.description == "node a: train.csv:3:17: not a number: 'x'")
    }

    @Test("The standard's codes become ours")
    func standard() {
        #expect(RPCError(ErrorObject(code: -32602, message: "")).code == .badUsage)
        #expect(RPCError(ErrorObject(code: -32601, message: "")).hint?.contains("version") == true)
        #expect(RPCError(ErrorObject(code: -32000, message: "")).code == .internalError)
    }

    @Test("Envelopes have the promised form")
    func envelopes() throws {
        let data = try JSONCoding.encode(Envelope(kind: "node ls", data: [1], final: true))
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"data":[1],"final":true,"kind":"node ls","schema":"distml/1"}"#
        )
        let error = try JSONCoding.encode(ErrorEnvelope(RPCError(.notFound, "no", hint: "look")))
        #expect(
            String(decoding: error, as: UTF8.self)
                == #"{"error":{"code":500,"hint":"look","message":"no","name":"not_found","#
                + #""node":null},"final":true,"kind":"error","schema":"distml/1"}"#
        )
    }
}
