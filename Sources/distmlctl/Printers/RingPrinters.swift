import ControlAPI
import Domain

/// Prints `ring show`.
struct RingPrinter: ListPrinter {
    let emptyNote = "no nodes"

    func table(_ places: [RingShow.Place], on terminal: Terminal) -> Table {
        var table = Table([
            .init("RANK", right: true), .init("NODE"), .init("NEXT"),
            .init("STATE"), .init("ADDRESS", shrinksTo: 12, dispensable: 1),
        ])
        for place in places {
            table.add([
                .init("\(place.rank.index)"), .init(place.node.text), .init("→ \(place.next)"),
                .init(place.state.rawValue, color(of: place.state)), .init(place.address),
            ])
        }
        return table
    }

    func name(_ place: RingShow.Place) -> String { place.node.text }
}

/// Prints `ring ping`.
struct RingPingPrinter: ListPrinter {
    let emptyNote = "a ring of one node has no edges"

    func table(_ edges: [RingPing.Edge], on terminal: Terminal) -> Table {
        var table = Table([
            .init("FROM"), .init("TO"), .init("MEDIAN", right: true),
            .init("MIN", right: true, dispensable: 2), .init("BACK", right: true, dispensable: 1),
            .init("REASON", shrinksTo: 10, dispensable: 3),
        ])
        for edge in edges {
            let isWhole = edge.received == edge.sent
            table.add([
                .init(edge.from.text), .init(edge.to.text),
                .init(edge.medianSeconds.map(duration) ?? "-"),
                .init(edge.minSeconds.map(duration) ?? "-"),
                .init("\(edge.received)/\(edge.sent)", isWhole ? nil : .red),
                .init(edge.reason ?? ""),
            ])
        }
        return table
    }

    func name(_ edge: RingPing.Edge) -> String { "\(edge.from)-\(edge.to)" }
}

/// Prints `ring bench`.
struct RingBenchPrinter: ListPrinter {
    let emptyNote = "nothing was measured"

    func table(_ measurements: [RingBench.Measurement], on terminal: Terminal) -> Table {
        var table = Table([
            .init("SIZE", right: true), .init("WORLD", right: true, dispensable: 2),
            .init("MEDIAN", right: true), .init("MIN", right: true, dispensable: 1),
            .init("BUS GB/S", right: true), .init("CPU S/GB", right: true, dispensable: 3),
            .init("MEMORY", right: true, dispensable: 4),
        ])
        for measured in measurements {
            table.add([
                .init(byteSize(measured.bytes)), .init("\(measured.world)"),
                .init(duration(measured.medianSeconds)), .init(duration(measured.minSeconds)),
                .init(short(measured.busGigabytesPerSecond, digits: 3)),
                .init(measured.cpuSecondsPerGigabyte.map { short($0, digits: 3) } ?? "-"),
                .init(measured.memoryBytes.map(byteSize) ?? "-"),
            ])
        }
        return table
    }

    func name(_ measured: RingBench.Measurement) -> String { "\(measured.bytes)" }
}
