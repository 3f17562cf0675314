import ControlAPI

/// How one kind of result looks to a person.
protocol Printer {
    associatedtype Value: Codable & Sendable

    /// The lines of a table or sheet.
    func lines(_ value: Value, on terminal: Terminal) -> [String]

    /// What `-o name` prints.
    func names(_ value: Value) -> [String]

    /// Prints one line of JSON per item, the last of them final.
    func printLines(_ value: Value, kind: String) throws(RPCError)
}

extension Printer {
    func printLines(_ value: Value, kind: String) throws(RPCError) {
        printResult(try jsonText(Envelope(kind: kind, data: value, final: true), indented: false))
    }
}

/// How a list looks: a table, a line per item.
protocol ListPrinter: Printer where Value == [Item] {
    associatedtype Item: Codable & Sendable

    /// What stands there instead of an empty table.
    var emptyNote: String { get }

    func table(_ items: [Item], on terminal: Terminal) -> Table

    func name(_ item: Item) -> String
}

extension ListPrinter {
    func lines(_ items: [Item], on terminal: Terminal) -> [String] {
        guard !items.isEmpty else {
            printNote(emptyNote)
            return []
        }
        return table(items, on: terminal).lines(
            width: terminal.outputWidth,
            hasColor: terminal.hasColor && terminal.outputWidth != nil
        )
    }

    func names(_ items: [Item]) -> [String] { items.map(name) }

    func printLines(_ items: [Item], kind: String) throws(RPCError) {
        for (place, item) in items.enumerated() {
            let isLast = place == items.count - 1
            let envelope = Envelope(kind: kind, data: item, final: isLast ? true : nil)
            printResult(try jsonText(envelope, indented: false))
        }
        guard items.isEmpty else { return }
        printResult(try jsonText(Envelope(kind: kind, data: items, final: true), indented: false))
    }
}

/// How a single thing looks: names and values.
protocol SheetPrinter: Printer {
    func sheet(_ value: Value, on terminal: Terminal) -> Sheet
}

extension SheetPrinter {
    func lines(_ value: Value, on terminal: Terminal) -> [String] {
        sheet(value, on: terminal).lines(
            width: terminal.outputWidth,
            hasColor: terminal.hasColor && terminal.outputWidth != nil
        )
    }
}
