import Catalog
import Foundation
import Synchronization

/// Commits rows one after the other on a thread and through a connection of its own.
final class Writer: Sendable {
    private let path: String
    private let range: Range<Int>
    private let count: Atomic<Int>
    private let failure = Mutex<CatalogError?>(nil)
    private let done = DispatchSemaphore(value: 0)

    init(path: String, first: Int, count: Int) {
        self.path = path
        range = first..<first + count
        self.count = Atomic(first)
    }

    /// Rows of which the catalogue has said that they are on the disk.
    var acknowledged: Int { count.load(ordering: .acquiring) }

    /// Whether it has given up.
    var hasFailed: Bool { failure.withLock { $0 != nil } }

    func start() {
        Thread { [self] in
            do throws(CatalogError) {
                try commit()
            } catch {
                failure.withLock { $0 = error }
            }
            done.signal()
        }.start()
    }

    private func commit() throws(CatalogError) {
        let database = try Database(path: path)
        for number in range {
            try database.persist([RegisterRow(space: "s", key: "k\(number)", value: [1, 2, 3])])
            count.store(number + 1, ordering: .releasing)
        }
    }

    /// Waits for the last row and returns how many there are.
    func finish() throws -> Int {
        done.wait()
        if let error = failure.withLock({ $0 }) { throw error }
        return acknowledged
    }
}
