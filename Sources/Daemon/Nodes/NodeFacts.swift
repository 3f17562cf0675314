import ControlAPI
import Domain
import TLSTransport

extension CertificateDocument {
    /// A certificate as it is shown.
    init(_ facts: CertificateFacts, of node: NodeID, now: Double) {
        self.init(
            node: node,
            subject: facts.uri ?? facts.subject,
            issuer: facts.issuer,
            serial: facts.serial,
            notBefore: Timestamp(seconds: Double(facts.notBefore)),
            notAfter: Timestamp(seconds: Double(facts.notAfter)),
            certificateDays: days(until: facts.notAfter, from: now)
        )
    }
}

extension NodeSummary {
    /// Another node as it is seen from here.
    init(_ view: PeerView, now: Double) {
        self.init(
            name: view.node,
            state: view.state,
            reason: view.reason,
            address: view.address,
            version: view.version,
            rttSeconds: view.roundTrip,
            certificateDays: view.certificateEnd.map { days(until: $0, from: now) },
            clockOffsetSeconds: view.clockOffset,
            isLocal: false
        )
    }
}

extension PeerNetwork {
    /// Where this node listens; the port is known once it does.
    private var ownEnd: PeerAddress { PeerAddress(host: configuration.listen.host, port: port) }

    /// This node as it sees itself; its address is the one that its peers know, where it is listed.
    func ownSummary(now: Double) -> NodeSummary {
        NodeSummary(
            name: node,
            state: .alive,
            address: "\(configuration.listed ?? ownEnd)",
            version: distmlVersion,
            certificateDays: days(until: context.certificate.notAfter, from: now),
            isLocal: true
        )
    }

    /// All nodes in ring order, this one among them.
    func summaries(now: Double) -> [NodeSummary] {
        (views.map { NodeSummary($0, now: now) } + [ownSummary(now: now)])
            .sorted { $0.name < $1.name }
    }

    /// How the cluster is as a whole, and what is wrong with it.
    func health(now: Double) -> (ClusterStatus.Health, [String]) {
        let views = views
        let alive = views.count { $0.state == .alive } + 1
        var problems = views.filter { $0.state != .alive }.map { view in
            "node \(view.node) is \(view.state.rawValue): \(view.reason ?? "no reason known")"
        }
        for summary in summaries(now: now) {
            if let left = summary.certificateDays, left < 7 {
                let text = left < 0 ? "has expired" : "expires in \(Int(left)) days"
                problems.append("certificate of node \(summary.name) \(text)")
            }
        }
        let hasMajority = 2 * alive > views.count + 1
        return (!hasMajority ? .noMajority : problems.isEmpty ? .healthy : .degraded, problems)
    }
}

/// Days of life left, with a fraction; negative once it is over.
private func days(until end: Int64, from now: Double) -> Double {
    // A hundredth of a day is enough for anybody, and looks better.
    ((Double(end) - now) / 864).rounded(.down) / 100
}
