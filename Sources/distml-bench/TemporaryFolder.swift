import Foundation
import Glibc
import Synchronization

/// Programs that are told to end when this one is.
let companions = Mutex<Set<Int32>>([])

/// Runs `body` with a folder that only this user can enter and that is gone afterwards.
///
/// It goes as well when the program is told to end: it may hold keys, and gigabytes of PyTorch.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("distml-bench.\(UUID().uuidString)")
    try FileManager.default.createDirectory(
        at: folder,
        withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700]
    )
    let watches = [SIGINT, SIGTERM, SIGHUP].map { removal(of: folder, on: $0) }
    defer {
        for watch in watches { watch.cancel() }
        try? FileManager.default.removeItem(at: folder)
    }
    return try body(folder)
}

/// Ends the program on `number` as the signal would have, but without leaving `folder` or a
/// companion behind.
private func removal(of folder: URL, on number: Int32) -> any DispatchSourceSignal {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler { @Sendable in
        let others = companions.withLock { $0 }
        for companion in others { kill(companion, SIGTERM) }
        // What they still write on their way is to go as well.
        if !others.isEmpty { sleep(1) }
        for companion in others { kill(companion, SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
        exit(128 + number)
    }
    source.resume()
    return source
}
