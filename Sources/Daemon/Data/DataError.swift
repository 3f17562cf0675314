import Catalog
import Datasets
import Transport

/// Why data on this node did not become what they should.
enum DataError: Error, CustomStringConvertible {
    /// A file of ours.
    case object(ObjectError)
    /// What lies in it.
    case data(DatasetError)
    /// The catalogue.
    case catalog(CatalogError)
    /// The dataset is not being added any longer.
    case gone
    /// Something came that has no place here.
    case misplaced(String)
    /// Too much is going on.
    case busy(String)
    /// There is no thread to be had.
    case noThread(TransportError)

    var description: String {
        switch self {
        case .object(let error): "\(error)"
        case .data(let error): "\(error)"
        case .catalog(let error): "\(error)"
        case .gone: "the dataset is not being added any longer"
        case .misplaced(let reason), .busy(let reason): reason
        case .noThread(let error): "\(error)"
        }
    }
}
