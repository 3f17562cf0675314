public import Domain
public import TLSTransport

/// What the configuration file says, checked; every key is one field here or below.
///
/// | Key | Required | Meaning |
/// |---|---|---|
/// | `cluster` | yes | the cluster's name: the trust domain of its certificates |
/// | `node` | yes | this node's name, the one in its certificate |
/// | `listen` | yes | `host:port` for peers; `[::]:7443` for every address |
/// | `peers` | no | list of `name` and `address`: the members; this node itself may be among them |
/// | `tls` | yes | `certificate`, `key`, `ca`, and `crl` where revocations are published |
/// | `state` | yes | directory of catalogue and objects |
/// | `socket` | no | the Unix socket for orders: `path`, `mode`, `group` |
/// | `tenants` | no | file that maps users and groups to tenants and roles |
/// | `worker` | no | `program` or `socket`, `isolation`, `memory` |
/// | `log` | no | `level`, `format` |
/// | `heartbeat` | no | `interval`, `suspect`, `dead` |
///
/// Paths are absolute. Durations carry their unit (`500ms`, `3s`, `2m`), sizes too (`4GiB`).
public struct Configuration: Equatable, Sendable {
    /// The cluster's name: the trust domain of its certificates.
    public var cluster: ClusterName
    /// This node's name, the one in its certificate.
    public var node: NodeID
    /// Where this node listens for its peers.
    public var listen: PeerAddress
    /// Where its peers find this node, by the list of members; nil where it is not in it.
    public var listed: PeerAddress?
    /// The other members, in order of their names.
    public var peers: [Peer]
    /// Files of this node's identity.
    public var tls: TLSFiles
    /// Directory of catalogue and objects.
    public var state: String
    /// The Unix socket for orders.
    public var socket: Socket
    /// File that maps users and groups to tenants and roles; nil applies the built-in rule.
    public var tenants: String?
    /// The processes that compute.
    public var worker: Worker
    /// What is logged, and how.
    public var log: Log
    /// When silence counts as death.
    public var heartbeat: Heartbeat

    /// Another member of the cluster.
    public struct Peer: Equatable, Sendable {
        /// Its name, the one in its certificate.
        public var name: NodeID
        /// Where it listens.
        public var address: PeerAddress
    }

    /// The Unix socket for orders.
    public struct Socket: Equatable, Sendable {
        /// Where it lies.
        public var path: String
        /// Permissions of the socket; `0660` unless said otherwise.
        public var mode: UInt32
        /// Group of the socket, whose members are members of tenant `default`; nil keeps ours.
        public var group: String?
    }

    /// The processes that compute.
    public struct Worker: Equatable, Sendable {
        /// How they come to be; nil looks for `distml-worker` beside `distmld`.
        public var source: Source?
        /// Whether a worker must lock itself in.
        public var isolation: Isolation
        /// Most memory that one worker may use, in bytes; nil leaves it to the system.
        public var memoryBytes: Int?

        /// Where workers come from.
        public enum Source: Equatable, Sendable {
            /// A program that the daemon starts.
            case program(String)
            /// A socket behind which systemd starts one process for each connection.
            case socket(String)
        }

        /// Whether a worker must lock itself in.
        public enum Isolation: String, CaseIterable, Sendable {
            /// Landlock and a list of system calls, or it refuses to start.
            case confined
            /// No confinement; every display of the node says so.
            case none
        }
    }

    /// What is logged, and how.
    public struct Log: Equatable, Sendable {
        /// Least severe that is written.
        public var level: LogLevel
        /// Shape of a line on standard error.
        public var format: LogFormat
    }

    /// When silence counts as death.
    public struct Heartbeat: Equatable, Sendable {
        /// Between two heartbeats to one peer.
        public var interval: Duration
        /// Silence after which a peer is suspect.
        public var suspect: Duration
        /// Silence after which a peer is dead.
        public var dead: Duration

        /// One second, three and six.
        public static let standard = Heartbeat(
            interval: .seconds(1),
            suspect: .seconds(3),
            dead: .seconds(6)
        )
    }
}
