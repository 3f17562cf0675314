import Catalog
import Collectives
import ControlAPI
import Datasets
import Domain
import Glibc
import JSONRPC
import ModelFormats
import Registers
import TLSTransport
import Transport
import WorkerLink

/// What every module's errors are to a client: the one place where they become `RPCError`.
///
/// The switches are exhaustive, so a new case of an error does not compile until somebody has
/// decided what it means to the person who asked.

extension RPCError {
    init(_ error: CatalogError) {
        switch error {
        case .notFound: self.init(.notFound, "\(error)")
        case .exists, .changed, .stale, .ended: self.init(.conflict, "\(error)")
        case .noSpace:
            self.init(.noSpace, "\(error)", hint: "make room on that disk; then try again")
        case .busy: self.init(.notReady, "\(error)", hint: "try again in a moment")
        case .readOnly, .corrupt, .newer, .undecodable, .failed:
            self.init(.failed, "\(error)", hint: "see the log of distmld on that node")
        }
    }

    init(_ error: FormatRefusal) { self.init(.badUsage, "\(error)", hint: error.hint) }

    init(_ error: PeerError) {
        switch error {
        case .unknown: self.init(.notFound, "\(error)", hint: "see 'distmlctl node ls'")
        case .unreachable(let node, let reason):
            self.init(
                .notReady,
                "cannot be reached: \(reason)",
                node: node,
                hint: "see 'distmlctl node ls'"
            )
        case .timedOut(let node, _, _): self.init(.timedOut, "\(error)", node: node)
        case .refused(let node, let refusal):
            // Its own word passes on as it is, if it is one of ours.
            let code = Code(rawValue: refusal.code) ?? .failed
            self.init(code, refusal.message, node: node)
        case .malformed(let node, let reason):
            self.init(
                .failed,
                "sent something unreadable: \(reason)",
                node: node,
                hint: "do all nodes run the same version? see 'distmlctl node ls'"
            )
        case .busy(let node): self.init(.notReady, "too many requests wait for it", node: node)
        case .cancelled: self.init(.failed, "\(error)")
        case .file(ENOSPC): self.init(.noSpace, "\(error)")
        case .file: self.init(.failed, "\(error)")
        }
    }

    init(_ error: RegisterError) {
        switch error {
        case .changed: self.init(.conflict, "\(error)", hint: "look again, then try again")
        case .unavailable(let reason):
            self.init(.notReady, "\(reason)", hint: "see 'distmlctl node ls'")
        case .unknown(let reason):
            self.init(
                .timedOut,
                "it may or may not have been done: \(reason)",
                hint: "look before you try again; see 'distmlctl node ls'"
            )
        case .journal(let reason):
            self.init(
                reason.isDiskFull ? .noSpace : .failed,
                "\(error)",
                hint: reason.isDiskFull
                    ? "make room on that disk; then try again" : "see 'distmlctl doctor'"
            )
        }
    }

    init(_ error: MemberError) {
        switch error {
        case .unsettled: self.init(.notReady, "\(error)", hint: "try again in a moment")
        case .alreadyMember, .lastMember: self.init(.conflict, "\(error)")
        case .notMember: self.init(.notFound, "\(error)")
        case .full: self.init(.refused, "\(error)")
        }
    }

    init(_ error: IdentityError) {
        switch error {
        case .unreadable, .keyIsLink, .notAFile, .keyOwner, .keyMode, .writableByAll, .malformed,
            .keyKind, .keyMismatch, .noIdentity, .anotherNode, .notYetValid, .expired,
            .foreignChain, .revoked, .staleRevocations, .unusable, .refusedSetting, .selfTest:
            self.init(
                .failed,
                "\(error)",
                hint: "what was in use before is still in use"
            )
        }
    }

    init(_ error: TransportError) {
        switch error {
        case .timedOut: self.init(.timedOut, "\(error)")
        case .closedByPeer, .refusedByPeer, .unknownHost:
            self.init(.notReady, "\(error)", hint: "see 'distmlctl node ls'")
        case .untrusted, .violation, .frameTooLong: self.init(.failed, "\(error)")
        case .system(_, ENOSPC): self.init(.noSpace, "\(error)")
        case .system: self.init(.failed, "\(error)")
        }
    }

    init(_ error: CollectiveError) {
        switch error {
        case .aborted(let cause): self.init(.failed, cause.reason, node: cause.node)
        case .lost(_, let peer, _), .malformed(_, let peer, _):
            self.init(.failed, "\(error)", node: NodeID(peer))
        case .stalled(_, let peer, _): self.init(.timedOut, "\(error)", node: NodeID(peer))
        case .disagreement, .tooLong, .system: self.init(.failed, "\(error)")
        }
    }

    init(_ error: NameError) { self.init(.badUsage, "\(error)") }

    init(_ error: ConfigurationError) {
        self.init(.failed, error.message)
        file = error.file
        line = error.line
    }
}

extension RPCError {
    init(_ error: ObjectError, node: NodeID) {
        switch error {
        case .noSpace:
            self.init(
                .noSpace,
                "\(error)",
                node: node,
                hint: "make room on that disk; then try again"
            )
        case .system: self.init(.failed, "\(error)", node: node)
        }
    }

    /// What is wrong with somebody's data, with its place.
    init(_ error: DatasetError, node: NodeID? = nil) {
        let code: Code =
            switch error.code {
            case .noSpace: .noSpace
            case .writeFailed, .readFailed, .dataCorrupt, .stopped: .failed
            default: .badData
            }
        self.init(code, error.reason, node: code == .badData ? nil : node, hint: error.hint)
        file = error.file
        line = error.line
        column = error.column
        reason = error.code.rawValue
    }

    init(_ error: DataError, node: NodeID) {
        switch error {
        case .object(let error): self.init(error, node: node)
        case .data(let error): self.init(error, node: node)
        case .catalog(let error): self.init(error)
        case .gone, .misplaced: self.init(.failed, "\(error)", node: node)
        case .busy, .noThread:
            self.init(.notReady, "\(error)", node: node, hint: "try again in a moment")
        }
    }

    init(_ error: WorkerTaskError, node: NodeID) {
        switch error {
        case .worker(let error): self.init(error, node: node)
        case .failed(let failure):
            if let refusal = try? DatasetError(bytes: failure.detail) {
                self.init(refusal, node: node)
            } else {
                self.init(.failed, failure.message)
                reason = failure.code
            }
        case .cancelled: self.init(.failed, "stopped before it was done")
        case .noThread: self.init(.notReady, "\(error)", hint: "try again in a moment")
        }
        if code != .badData { self.node = node }
    }

    /// What went wrong with a worker of a node.
    init(_ error: WorkerError, node: NodeID) {
        switch error {
        case .cannotStart, .notConfined:
            self.init(
                .failed,
                "\(error)",
                node: node,
                hint: "'distmlctl doctor' looks at the worker and its locks"
            )
        case .notReady, .silent: self.init(.timedOut, "\(error)", node: node)
        case .ended, .malformed, .messageTooLong, .unexpected, .outOfRange, .notReading,
            .flooding, .notSealed, .closedByDaemon, .system:
            self.init(.failed, "\(error)", node: node)
        }
    }
}

extension PeerRefusal {
    /// A refusal for a peer that says what one for a client would say.
    init(_ error: RPCError) { self.init(code: error.code.rawValue, message: error.message) }
}
