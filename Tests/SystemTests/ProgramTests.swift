import Foundation
import StartedPrograms
import Testing

@Suite("Programs that tests start")
struct ProgramTests {
    @Test("Many started at a time by several threads each end with their own word")
    func many() {
        DispatchQueue.concurrentPerform(iterations: 200) { number in
            let script = "read word; echo $word $KEY; echo error >&2; exit \(number % 7)"
            let end = Result { () throws(ProgramError) in
                try runProgram(
                    "sh",
                    ["-c", script],
                    input: "\(number)\n",
                    environment: .own(adding: ["KEY": "value-\(number)"])
                )
            }
            switch end {
            case .success(let end):
                #expect(end.status == Int32(number % 7))
                #expect(end.output == "\(number) value-\(number)\n")
                #expect(end.errors == "error\n")
            case .failure(let error): Issue.record(error)
            }
        }
    }

    @Test("A program that is not there, one that is killed and one that stays are told apart")
    func ends() throws {
        #expect(throws: ProgramError.self) { try runProgram("/nowhere/program", []) }
        #expect(try runProgram("sh", ["-c", "kill -TERM $$"]).status == 128 + SIGTERM)
        let error = #expect(throws: ProgramError.self) {
            try runProgram("sleep", ["60"], within: .milliseconds(50))
        }
        #expect(error?.description.hasPrefix("sleep did not end within") == true)
    }

    @Test("A program is given its environment alone where that is asked")
    func environment() throws {
        let end = try runProgram("/usr/bin/env", [], environment: .only(["A": "1"]))
        #expect(end.output == "A=1\n")
    }
}
