/// Rows of the kernel matrix, in Float, kept within a limit of bytes: the one that was used longest
/// ago goes first.
///
/// Rows of the block in hand stay even where they alone exceed the limit. Bytes: 4 a value, and
/// some 64 a row.
final class KernelCache {
    /// A row's values with the rows of one class.
    struct Key: Hashable {
        /// Rank and number of the row.
        let row: Int
        /// Which rows its values are with.
        let part: Int
    }

    private struct Slot {
        var key: Key
        var values: UnsafeMutablePointer<Float>
        var count: Int
        var block: Int
        var newer: Int
        var older: Int
    }

    private var bytesMax: Int
    /// The block in hand; its rows stay.
    private var block = 0
    private(set) var bytes = 0
    private var slots: [Slot] = []
    private var free: [Int] = []
    private var places: [Key: Int] = [:]
    private var newest = -1
    private var oldest = -1

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Begins a block: rows that were used before may go.
    func beginBlock() { block += 1 }

    /// Keeps to another limit from now on.
    func resize(bytesMax: Int) {
        self.bytesMax = bytesMax
        beginBlock()
        while bytes > bytesMax, oldest >= 0 { dropOldest()?.deallocate() }
    }

    deinit {
        for place in places.values { slots[place].values.deallocate() }
    }

    /// The values under a key, which then count as used; nil where there are none.
    func values(_ key: Key) -> UnsafeMutablePointer<Float>? {
        guard let place = places[key] else { return nil }
        slots[place].block = block
        unlink(place)
        link(place)
        return slots[place].values
    }

    /// The values under a key, without a use of them.
    func peek(_ key: Key) -> UnsafeMutablePointer<Float>? { places[key].map { slots[$0].values } }

    /// Room for `count` values under a new key.
    func insert(_ key: Key, count: Int) -> UnsafeMutablePointer<Float> {
        var room: UnsafeMutablePointer<Float>?
        while bytes + 4 * count > bytesMax, oldest >= 0, slots[oldest].block != block {
            let isFitting = room == nil && slots[oldest].count == count
            let values = dropOldest()
            if isFitting { room = values } else { values?.deallocate() }
        }
        bytes += 4 * count
        let values = room ?? .allocate(capacity: Swift.max(1, count))
        let slot = Slot(key: key, values: values, count: count, block: block, newer: -1, older: -1)
        let place: Int
        if let unused = free.popLast() {
            place = unused
            slots[place] = slot
        } else {
            place = slots.count
            slots.append(slot)
        }
        places[key] = place
        link(place)
        return values
    }

    /// Forgets the oldest row and hands over its memory.
    private func dropOldest() -> UnsafeMutablePointer<Float>? {
        guard oldest >= 0 else { return nil }
        let gone = oldest
        unlink(gone)
        places[slots[gone].key] = nil
        free.append(gone)
        bytes -= 4 * slots[gone].count
        return slots[gone].values
    }

    private func link(_ place: Int) {
        slots[place].older = newest
        slots[place].newer = -1
        if newest >= 0 { slots[newest].newer = place }
        newest = place
        if oldest < 0 { oldest = place }
    }

    private func unlink(_ place: Int) {
        let (newer, older) = (slots[place].newer, slots[place].older)
        if newer >= 0 { slots[newer].older = older } else { newest = older }
        if older >= 0 { slots[older].newer = newer } else { oldest = newer }
    }
}
