import Domain

/// What nodes ask each other about sweeps.
enum SweepFetchCall: PeerMethod {
    static let name = "sweep.fetch"

    struct Request: Codable, Sendable {
        var tenant: TenantID
    }

    struct Reply: Codable, Sendable {
        /// Those that the asked node leads.
        var records: [SweepRecord]
    }
}

/// An order to the node that leads a sweep.
enum SweepOrderCall: PeerMethod {
    static let name = "sweep.order"

    enum Order: String, Codable, Sendable {
        case stop
        case resume
    }

    struct Request: Codable, Sendable {
        var tenant: TenantID
        var sweep: SweepID
        var order: Order
    }

    struct Reply: Codable, Sendable {
        var record: SweepRecord
    }
}
