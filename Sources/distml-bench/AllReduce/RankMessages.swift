/// What the ranks of a benchmark and the process that measures them tell each other.
enum RankMessage {
    /// A rank listens on a port of the loopback.
    struct Listening: Codable {
        var port: UInt16
    }

    /// Where every rank listens.
    struct Seats: Codable {
        var ports: [UInt16]
    }

    /// A rank has its links.
    struct Ready: Codable {
        var ready: Bool
    }

    /// Does a collective on `bytes` bytes of Float32 `repeats` times.
    struct Order: Codable {
        var collective = Collective.allReduce
        var bytes: Int
        var repeats: Int
    }

    /// What is measured.
    enum Collective: String, Codable {
        case allReduce
        /// From rank 0: in a ring of two a stream one way.
        case broadcast
    }

    /// What they cost this rank.
    struct Report: Codable {
        /// Of each collective.
        var seconds: [Double]
        /// User and system time of the process, all threads, over all of them.
        var cpuSeconds: Double
        /// The most memory that was resident meanwhile, the vector included.
        var memoryBytes: Int
    }
}
