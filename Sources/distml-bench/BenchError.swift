/// Why a measurement could not be made; one line for who typed the command.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
