import ArgumentParser
import ControlAPI
import Domain

extension NameValue {
    /// Reads a name as typed; the rules are told where it is none.
    static func typed(_ text: String) throws -> Self {
        do {
            return try Self(validating: text)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

/// What a person types for a value that has a form of its own.
protocol Typed {
    /// Reads it; nil for what it may not be.
    init?(argument: String)
    /// What it may be.
    static var valid: String { get }
}

extension Typed {
    /// Reads it; what it may be is told where it is something else.
    static func typed(_ text: String) throws -> Self {
        guard let value = Self(argument: text) else { throw ValidationError("use \(valid)") }
        return value
    }
}

/// A length of time as typed: `90`, `90s`, `5m`, `1h30m`.
struct TypedDuration: Typed, Equatable {
    static let valid = "a time, such as 90s, 5m or 1h30m"

    let seconds: Double

    init?(argument: String) {
        guard let seconds = distmlctl.seconds(typed: argument) else { return nil }
        self.seconds = seconds
    }
}

/// A size as typed: `4096`, `4KiB`, `64MiB`.
struct TypedSize: Typed, Equatable {
    static let valid = "a size, such as 4096, 4KiB or 64MiB"

    let bytes: Int

    init?(argument: String) {
        guard let bytes = byteCount(typed: argument) else { return nil }
        self.bytes = bytes
    }
}

/// Items with commas between them.
struct TypedList: ExpressibleByArgument, Equatable {
    let items: [String]

    init(_ items: [String]) { self.items = items }

    init?(argument: String) {
        items = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if items.contains("") { return nil }
    }
}

/// A finite number above 0 as typed, or a word that stands for one to be found.
struct TypedNumber<Word: StandIn>: Typed, Equatable {
    static var valid: String { "a finite number above 0, or \(Word.word)" }

    /// The number; nil where the word was typed.
    let value: Double?

    init?(argument: String) {
        if argument == Word.word {
            value = nil
            return
        }
        guard let value = Double(argument), value > 0, value.isFinite else { return nil }
        self.value = value
    }
}

/// A word that stands for a number.
protocol StandIn {
    static var word: String { get }
}

/// The rate is looked for.
enum AutoWord: StandIn { static let word = "auto" }

/// γ goes by the data.
enum ScaleWord: StandIn { static let word = "scale" }

/// A rate as typed: a number, or `auto`.
typealias TypedRate = TypedNumber<AutoWord>

/// γ of a kernel as typed: a number, or `scale`.
typealias TypedGamma = TypedNumber<ScaleWord>

/// Seats as typed: a count, or names with commas.
enum TypedNodes: Typed, Equatable {
    static let valid = "a count of 1 or more, or names of nodes, such as a,b,c"

    case count(Int)
    case names([NodeID])

    init?(argument: String) {
        if let count = Int(argument) {
            guard count > 0 else { return nil }
            self = .count(count)
            return
        }
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let names = parts.compactMap { NodeID(String($0)) }
        guard names.count == parts.count else { return nil }
        self = .names(names)
    }
}
