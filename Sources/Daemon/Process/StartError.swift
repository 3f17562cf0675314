import Catalog
import TLSTransport
import Transport

/// Why the daemon does not start.
public struct StartError: Error, CustomStringConvertible {
    /// What went wrong.
    enum Cause {
        case configuration(ConfigurationError)
        case identity(IdentityError)
        case state(StateLockError)
        case catalog(CatalogError)
        case registers(RegisterError)
        case socket(ControlSocketError)
        case network(TransportError)
        case data(DataError)
        case lifecycle(String)
    }

    let cause: Cause

    /// What the program ends with: 78 where starting again would not mend it.
    public var exitStatus: Int32 {
        switch cause {
        case .configuration, .identity: 78
        case .state, .catalog, .registers, .socket, .network, .data, .lifecycle: 1
        }
    }

    /// One line for the operator.
    public var description: String {
        switch cause {
        case .configuration(let error): "\(error)"
        case .identity(let error): "\(error)"
        case .state(let error): "\(error)"
        case .catalog(let error): "\(error)"
        case .registers(let error): "\(error)"
        case .socket(let error): "\(error)"
        case .network(let error): "\(error)"
        case .data(let error): "\(error)"
        case .lifecycle(let reason): reason
        }
    }

    /// Runs `body` and says what its error means for the start.
    static func wrapping<Value: ~Copyable, Failure: Error>(
        _ cause: (Failure) -> Cause,
        _ body: () throws(Failure) -> sending Value
    ) throws(StartError) -> sending Value {
        do throws(Failure) {
            return try body()
        } catch {
            throw StartError(cause: cause(error))
        }
    }
}
