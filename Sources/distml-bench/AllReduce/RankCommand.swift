import ArgumentParser
import Collectives
import Domain
import Foundation
import JSONRPC
import LinearAlgebra
import TLSTransport
import Transport

/// One rank of `distml-bench allreduce`: takes orders on standard input.
struct RankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rank", shouldDisplay: false)

    @Option var world: Int
    @Option var rank: Int
    @Option var link: LinkKind
    /// Where the certificates lie.
    @Option var folder: String
    @Option var congestion: String?

    func run() throws {
        guard (0..<world).contains(rank), world <= 16 else {
            throw ValidationError("rank \(rank) of \(world)")
        }
        let listener = try TLSListener(on: PeerAddress(host: "127.0.0.1", port: 0))
        try say(RankMessage.Listening(port: listener.port))
        let seats = try hear(RankMessage.Seats.self)
        guard let ports = seats?.ports, ports.count == world else {
            throw BenchError("no list of ports came")
        }
        let place = RingPlace(
            rank: rank,
            worldSize: world,
            ports: ports,
            congestionControl: congestion
        )
        switch link {
        case .plain:
            var ring = try place.plainRing(listener)
            try serve(&ring)
        case .tls:
            let folder = URL(fileURLWithPath: folder, isDirectory: true)
            var ring = try place.tlsRing(listener, certificates: folder)
            try serve(&ring)
        }
    }

    private func serve<L: Link & ~Copyable>(_ ring: inout Ring<L>) throws {
        ring.keepCore(after: 0)
        try ring.barrier()
        try say(RankMessage.Ready(ready: true))
        while let order = try hear(RankMessage.Order.self) {
            try say(try measure(order, on: &ring))
        }
    }

    private func measure<L: Link & ~Copyable>(
        _ order: RankMessage.Order,
        on ring: inout Ring<L>
    ) throws -> RankMessage.Report {
        let count = order.bytes / MemoryLayout<Float>.size
        var vector = Vector(zeros: count)
        try check(&vector, on: &ring)
        vector.clear()
        resetPeakMemory()
        let cpu = cpuSeconds()
        var seconds: [Double] = []
        for _ in 0..<order.repeats {
            let start = monotonicNanoseconds()
            try vector.update { values throws(CollectiveError) in
                switch order.collective {
                case .allReduce: try ring.allReduce(&values)
                case .broadcast: try ring.broadcast(&values, from: Rank(0))
                }
            }
            seconds.append(Double(monotonicNanoseconds() - start) * 1e-9)
        }
        return RankMessage.Report(
            seconds: seconds,
            cpuSeconds: cpuSeconds() - cpu,
            memoryBytes: peakMemory()
        )
    }

    /// A benchmark of something that adds wrongly is worth nothing; this warms up as well.
    private func check<L: Link & ~Copyable>(
        _ vector: inout Vector,
        on ring: inout Ring<L>
    ) throws {
        // An option of the parser is slow to read.
        let (world, rank) = (world, rank)
        for index in 0..<vector.count { vector[index] = Float(index % 1_000 + rank) }
        try vector.update { values throws(CollectiveError) in try ring.allReduce(&values) }
        for index in 0..<vector.count {
            let expected = Float(world * (index % 1_000) + world * (world - 1) / 2)
            guard vector[index] == expected else {
                throw BenchError("element \(index) is \(vector[index]), not \(expected)")
            }
        }
    }

    private func say(_ message: some Encodable) throws {
        let line = try JSONCoding.encode(message) + [0x0A]
        try FileHandle.standardOutput.write(contentsOf: Data(line))
    }

    private func hear<Message: Decodable>(_ type: Message.Type) throws -> Message? {
        guard let line = readLine(strippingNewline: true) else { return nil }
        return try JSONCoding.decode(type, from: Array(line.utf8))
    }
}
