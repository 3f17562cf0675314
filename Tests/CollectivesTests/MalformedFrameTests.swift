import Domain
import Foundation
import Glibc
import Testing
import Transport
import Wire

@testable import Collectives

@Suite("Frames that no rank sends")
struct MalformedFrameTests {
    @Test("Ten thousand mutated and random streams end in an error of the ring, in bounded memory")
    func fuzz() throws {
        var generator = SplitMix(seed: 20_261_124)
        let before = residentBytes()
        var kinds: Set<String> = []
        for round in 0..<10_000 {
            let bytes = round % 4 == 0 ? noise(&generator) : mutation(&generator)
            guard let error = try outcome(of: bytes) else { continue }
            kinds.insert(String("\(error)".prefix { $0 != " " }))
        }
        #expect(residentBytes() - before < 64 << 20)
        // The mutations must reach deep enough to be refused for different reasons.
        #expect(kinds.count >= 3, "\(kinds)")
    }

    @Test(
        "Lengths at every boundary are refused from the head alone",
        arguments: [UInt32(0), 1 << 20 + 1, 1 << 31 - 1, 1 << 31, .max],
        [UInt8(1), 2, 3]
    )
    func lengths(length: UInt32, kind: UInt8) throws {
        var writer = ByteWriter()
        writer.write(length)
        writer.write(kind)
        writer.writeRaw([0, 0, 0])
        guard case .malformed(Rank(1), "peer", let reason) = try outcome(of: writer.bytes) else {
            Issue.record("length \(length) of kind \(kind) was not refused")
            return
        }
        #expect(reason.contains("frame claims \(length)"))
    }

    @Test("Each kind of nonsense has its own reason")
    func reasons() throws {
        let header = frame(.collective, header())
        let segment = frame(.segment, [UInt8](repeating: 0, count: 8))
        let cases: [(bytes: [UInt8], reason: String)] = [
            ([0, 0, 0, 0, 9, 0, 0, 0], "frame kind"),
            ([8, 0, 0, 0, 2, 0, 1, 0], "frame padding"),
            (segment, "before announcing what for"),
            (header + frame(.segment, [1, 2, 3]), "no whole number of float32"),
            (header + frame(.segment, [UInt8](repeating: 0, count: 8_000)), "were expected"),
            (frame(.collective, [UInt8](repeating: 7, count: 48)), "collective magic"),
            (frame(.abort, [2]), "node"),
        ]
        for (bytes, expected) in cases {
            guard case .malformed(_, _, let reason) = try outcome(of: bytes) else {
                Issue.record("no refusal for \(expected)")
                continue
            }
            #expect(reason.contains(expected), "\(reason)")
        }
    }

    @Test("A header that comes twice is a disagreement")
    func twice() throws {
        let bytes = frame(.collective, header()) + frame(.collective, header())
        guard case .disagreement = try outcome(of: bytes) else {
            Issue.record("a second header passed")
            return
        }
    }

    @Test("What goes against the direction of travel is refused")
    func backwards() throws {
        let bytes = frame(.collective, header())
        let error = try outcome(of: frame(.collective, header()), backwards: bytes)
        guard case .malformed(_, _, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("against the direction of travel"))
    }

    @Test("A reason from elsewhere cannot move the cursor of whoever reads it")
    func printable() throws {
        let cause = Cause(node: nil, rank: Rank(1), reason: "bad\u{1B}[2J\nforged line")
        let notice = AbortNotice(.aborted(cause), own: Rank(1), step: nil)
        guard case .aborted(let told) = try outcome(of: notice.encodedFrame()) else {
            Issue.record("no abort")
            return
        }
        #expect(told.reason == "bad\u{FFFD}[2J\u{FFFD}forged line")
    }
}

/// What rank 0 of two makes of a stream of bytes from rank 1; nil if the sum was completed.
private func outcome(of bytes: [UInt8], backwards: [UInt8] = []) throws -> CollectiveError? {
    let (next, afterNext) = try MemoryLink.pair()
    let (previous, beforePrevious) = try MemoryLink.pair()
    defer { for end in [afterNext, beforePrevious] { close(end) } }
    for (end, text) in [(beforePrevious, bytes), (afterNext, backwards)] {
        try #require(write(end, text, text.count) == text.count)
        // What comes backwards has to be found while the other stream could still go on.
        if backwards.isEmpty || end == afterNext { _ = shutdown(end, Int32(SHUT_WR)) }
    }
    var ring = Ring(
        rank: Rank(0),
        worldSize: 2,
        generation: Generation(1),
        next: MemoryLink(adopting: next, peer: "peer"),
        previous: MemoryLink(adopting: previous, peer: "peer"),
        monitor: UnwatchedRing(stallLimit: .seconds(5))
    )
    var values = [Float](repeating: 1, count: 1_000)
    var span = values.mutableSpan
    do throws(CollectiveError) {
        try ring.allReduce(&span)
        return nil
    } catch {
        return error
    }
}

/// What rank 1 sends for the sum of 1,000 numbers.
private func honest() -> [UInt8] {
    frame(.collective, header()) + frame(.segment, [UInt8](repeating: 0x3F, count: 2_000))
        + frame(.segment, [UInt8](repeating: 0x40, count: 2_000))
}

private func header() -> [UInt8] {
    var writer = ByteWriter()
    CollectiveHeader(
        rank: Rank(1),
        worldSize: 2,
        generation: Generation(1),
        sequence: 0,
        operation: .allReduceWhole,
        reduction: .sum,
        element: .float32,
        count: 1_000,
        root: Rank(0)
    ).encode(into: &writer)
    return writer.bytes
}

private func frame(_ kind: RingFrame.Kind, _ payload: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    RingFrame(kind: kind, length: payload.count).encode(into: &writer)
    return writer.bytes + payload
}

private func noise(_ generator: inout SplitMix) -> [UInt8] {
    let count = Int.random(in: 0...300, using: &generator)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

/// An honest stream with some bytes changed, cut or doubled.
private func mutation(_ generator: inout SplitMix) -> [UInt8] {
    var bytes = honest()
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
        // Most of the stream is elements, of which any value is right: aim at what is not.
        let heads = [0, 8, 16, 56, 60, 2_064, 2_068]
        let start = heads.randomElement(using: &generator) ?? 0
        let place = min(bytes.count - 1, start + Int.random(in: 0..<8, using: &generator))
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 8))
        default: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
        }
    }
    return bytes
}

private func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (Int(text.split(separator: " ").dropFirst().first ?? "0") ?? 0) * 4_096
}
