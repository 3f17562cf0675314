/// What is wrong with a configuration file, and where; the daemon ends with status 78.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The file.
    public var file: String
    /// Line, from 1; nil where the file itself is the trouble.
    public var line: Int?
    /// One line for the operator.
    public var message: String

    /// Such as `/etc/distml/distmld.yaml:12: unknown key 'wroker'`.
    public var description: String {
        line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
    }
}
