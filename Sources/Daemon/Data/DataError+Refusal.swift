import ControlAPI
import Datasets
import Domain
import WorkerLink

extension RPCError {
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
