import Foundation
import Testing

@Suite("Sizes that a reader can hold in view")
struct SizeTests {
    @Test("A file has at most 400 lines of at most 100 columns", arguments: SourceTree.all)
    func fileAndLine(file: SourceFile) {
        var lines = file.lines
        if lines.last?.isEmpty == true { lines.removeLast() }
        #expect(lines.count <= 400, "\(file.path) has \(lines.count) lines")
        // Few lines have more bytes than columns may be; only their characters are counted.
        for (index, line) in lines.enumerated() where line.utf8.count > 100 && line.count > 100 {
            Issue.record("\(file.path):\(index + 1) has \(line.count) columns")
        }
    }

    @Test(
        "A function has at most 60 lines, 6 parameters and 4 levels",
        arguments: SourceTree.allSwift
    )
    func function(file: SourceFile) {
        for function in functions(in: file) {
            let place = "\(file.path):\(function.line)"
            #expect(function.lines <= 60, "\(place) has \(function.lines) lines")
            #expect(function.depth <= 4, "\(place) nests \(function.depth) deep")
            if !function.isMemberwise {
                #expect(function.parameters <= 6, "\(place) has \(function.parameters) parameters")
            }
        }
    }

    @Test("The measure of a function counts what it should")
    func measure() {
        let text = """
            struct S {
                func f(a: Int, b: (Int) -> Int) {
                    if a > 0 {
                        for _ in 0..<a { print("{{{") }
                    }
                }
            }
            """
        let found = functions(in: SourceFile(path: "Sources/X/x.swift", text: text))
        #expect(found.count == 1)
        #expect(found.first?.lines == 5)
        #expect(found.first?.parameters == 2)
        #expect(found.first?.depth == 2)
    }
}

/// One function as the reader sees it.
struct FunctionMeasure {
    let line: Int
    let lines: Int
    let parameters: Int
    let depth: Int
    /// An initialiser that only stores what it is given: a struct's fields are its parameters.
    let isMemberwise: Bool
}

/// Every `func` and `init` with a body.
func functions(in file: SourceFile) -> [FunctionMeasure] {
    let code = codeOnly(file.text)
    var found: [FunctionMeasure] = []
    for (index, line) in code.enumerated() where mayDeclare(line) {
        guard
            line.firstMatch(
                of: /^\s*(?:@\w+(?:\([^)]*\))? )*(?:\w+(?:\(set\))? )*(?:func \S|init[?(<])/
            ) != nil,
            !line.contains("self.init("), !line.contains("super.init(")
        else { continue }
        if let measure = measureFunction(in: code, from: index) { found.append(measure) }
    }
    return found
}

/// Whether the words of a declaration stand in the line at all; the pattern is slow.
private func mayDeclare(_ line: Substring) -> Bool {
    let bytes = line.utf8
    return ["func ", "init"].contains { word in
        bytes.indices.contains { bytes[$0...].starts(with: word.utf8) }
    }
}

private func measureFunction(in code: [Substring], from start: Int) -> FunctionMeasure? {
    var parentheses = 0
    var brackets = 0
    var parameters = 0
    var braces = 0
    var deepest = 0
    var statements: [String] = []
    for index in start..<code.count {
        for byte in code[index].utf8 {
            switch Unicode.Scalar(byte) {
            case "(": parentheses += 1
            case ")": parentheses -= 1
            case "[": brackets += 1
            case "]": brackets -= 1
            case ":" where braces == 0 && parentheses == 1 && brackets == 0: parameters += 1
            case "{":
                braces += 1
                deepest = max(deepest, braces)
            case "}":
                braces -= 1
                if braces < 0 { return nil }
                guard braces == 0, parentheses == 0 else { continue }
                let isMemberwise = statements.allSatisfy {
                    $0.isEmpty || $0.contains(" = ") && !$0.contains("let ") && !$0.contains("var ")
                }
                return FunctionMeasure(
                    line: start + 1,
                    lines: index - start + 1,
                    parameters: parameters,
                    depth: deepest - 1,
                    isMemberwise: isMemberwise && code[start].contains("init")
                )
            default: break
            }
        }
        if braces == 0, parentheses == 0, index > start, endsDeclaration(code, at: index) {
            return nil
        }
        if braces > 0, index > start, !code[index].hasSuffix("{") {
            statements.append(code[index].trimmingCharacters(in: .whitespaces))
        }
    }
    return nil
}

/// Whether a declaration without body (a protocol's requirement) ends before this line's end.
private func endsDeclaration(_ code: [Substring], at index: Int) -> Bool {
    let line = code[index].trimmingCharacters(in: .whitespaces)
    return line.isEmpty || line == "}" || line.hasPrefix("func ") || line.hasPrefix("var ")
}
