import Glibc
public import Transport

/// Checks `fact` on one connected pair, which it uses up.
/// - Throws: `UnmetFact`, or what the link threw when it should not have.
public func check<L: Link & ~Copyable>(
    _ fact: LinkFact,
    on first: consuming L,
    and second: consuming L
) throws {
    switch fact {
    case .bytesArriveInOrder: try bytesArriveInOrder(&first, &second)
    case .nothingBlocks: try nothingBlocks(&first)
    case .backpressure: try backpressure(&first, &second)
    case .noHiddenInput: try noHiddenInput(&first, &second)
    case .endFollowsBytes: try endFollowsBytes(first, &second)
    case .sendingToClosed: try sendingToClosed(&first, second)
    case .waitsEnd: try waitsEnd(&first)
    case .framesAreWhole: try framesAreWhole(&first, &second)
    case .longFrames: try longFrames(&first, &second)
    }
}

private func bytesArriveInOrder<L: Link & ~Copyable>(_ first: inout L, _ second: inout L) throws {
    for count in [0, 1, 16_384, 16_385, 131_072, 1_000_003] {
        let there = pattern(count, seed: 1)
        let back = pattern(count, seed: 2)
        var (sentThere, sentBack) = (0, 0)
        var (gotThere, gotBack): ([UInt8], [UInt8]) = ([], [])
        while gotThere.count < count || gotBack.count < count {
            sentThere += try push(there, from: sentThere, on: &first)
            sentBack += try push(back, from: sentBack, on: &second)
            gotThere += try take(on: &second)
            gotBack += try take(on: &first)
        }
        try expect(gotThere == there && gotBack == back, "\(count) bytes came out changed")
    }
}

private func nothingBlocks<L: Link & ~Copyable>(_ first: inout L) throws {
    try expect(try take(on: &first).isEmpty, "received what nobody sent")
    try expect(first.wantsRead, "does not want to read after running dry")
    try expect(first.hasBufferedInput == false, "claims to hold input")
    try expect(try push([], from: 0, on: &first) == 0, "sent bytes out of nothing")
}

private func backpressure<L: Link & ~Copyable>(_ first: inout L, _ second: inout L) throws {
    let block = pattern(262_144, seed: 3)
    var accepted: [UInt8] = []
    while accepted.count < 256 << 20 {
        let count = try push(block, from: 0, on: &first)
        guard count > 0 else { break }
        accepted += block[..<count]
    }
    try expect(accepted.count < 256 << 20, "took 256 MiB for a peer that does not read")
    try expect(first.wantsWrite, "does not want to write after it took nothing")
    var received: [UInt8] = []
    while received.count < accepted.count {
        _ = try first.flush()
        received += try take(on: &second)
    }
    try expect(received == accepted, "bytes were lost or changed under pressure")
    try expect(try first.flush(), "still holds bytes that have arrived")
    try expect(first.wantsWrite == false, "wants to write with nothing left to write")
}

private func noHiddenInput<L: Link & ~Copyable>(_ first: inout L, _ second: inout L) throws {
    let bytes = pattern(50_000, seed: 4)
    var received: [UInt8] = []
    var sent = 0
    while received.count < bytes.count {
        sent += try push(bytes, from: sent, on: &first)
        let isAnnounced = second.hasBufferedInput || isReadable(second.descriptor)
        let some = try take(on: &second, atMost: 700)
        try expect(isAnnounced || some.isEmpty, "held \(some.count) bytes that nothing announced")
        received += some
    }
    try expect(received == bytes, "bytes taken in small pieces came out changed")
    try expect(
        second.hasBufferedInput || !isReadable(second.descriptor),
        "is left over"
    )
}

private func endFollowsBytes<L: Link & ~Copyable>(_ first: consuming L, _ second: inout L) throws {
    let bytes = pattern(3_000, seed: 5)
    try first.sendAll(bytes.span.bytes, until: .after(.seconds(5)))
    _ = consume first
    let received = try second.receiveBytes(bytes.count, until: .after(.seconds(5)))
    try expect(received == bytes, "the last bytes before the close were lost")
    try expectClosed { _ = try second.receiveBytes(1, until: .after(.seconds(5))) }
}

private func sendingToClosed<L: Link & ~Copyable>(_ first: inout L, _ second: consuming L) throws {
    _ = consume second
    let block = pattern(65_536, seed: 6)
    // A socket may take some bytes before it hears of the close.
    try expectClosed {
        for _ in 0..<10_000 { try first.sendAll(block.span.bytes, until: .after(.seconds(5))) }
    }
}

private func waitsEnd<L: Link & ~Copyable>(_ first: inout L) throws {
    let limit = Duration.milliseconds(20)
    do {
        _ = try first.receiveBytes(1, until: .after(limit))
    } catch TransportError.timedOut(peer: first.peer, limit: limit) {
        return
    }
    throw UnmetFact(description: "a wait for a silent peer ended without the error that names it")
}

private func framesAreWhole<L: Link & ~Copyable>(_ first: inout L, _ second: inout L) throws {
    for count in [0, 1, 20_000] {
        let frame = Frame(kind: UInt8(count & 255), payload: pattern(count, seed: 7))
        try first.sendFrame(frame, until: .after(.seconds(5)))
        let received = try second.receiveFrame(limit: count, until: .after(.seconds(5)))
        try expect(received == frame, "a frame of \(count) bytes came out changed")
    }
}

private func longFrames<L: Link & ~Copyable>(_ first: inout L, _ second: inout L) throws {
    let header: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 9]
    try first.sendAll(header.span.bytes, until: .after(.seconds(5)))
    let peer = second.peer
    do {
        _ = try second.receiveFrame(limit: 1 << 20, until: .after(.seconds(5)))
    } catch TransportError.frameTooLong(peer: peer, bytes: 0xFFFF_FFFF, limit: 1 << 20) {
        return
    }
    throw UnmetFact(description: "a frame of 4 GiB was not refused")
}

private func pattern(_ count: Int, seed: Int) -> [UInt8] {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

private func push<L: Link & ~Copyable>(
    _ bytes: [UInt8],
    from start: Int,
    on link: inout L
) throws -> Int {
    _ = try link.flush()
    return try link.send(bytes.span.bytes.extracting(start..<bytes.count))
}

private func take<L: Link & ~Copyable>(
    on link: inout L,
    atMost count: Int = 100_000
) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var elements = bytes.mutableSpan
    var raw = elements.mutableBytes
    let received = try link.receive(into: &raw)
    return Array(bytes[..<received])
}

private func isReadable(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0
}

private func expect(_ condition: Bool, _ otherwise: String) throws {
    guard condition else { throw UnmetFact(description: otherwise) }
}

private func expectClosed(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch TransportError.closedByPeer {
        return
    }
    throw UnmetFact(description: "a closed peer was not noticed")
}
