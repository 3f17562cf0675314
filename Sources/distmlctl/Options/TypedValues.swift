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

/// A length of time as typed: `90`, `90s`, `5m`, `1h30m`.
struct TypedDuration: ExpressibleByArgument, Equatable {
    let seconds: Double

    init?(argument: String) {
        guard let seconds = distmlctl.seconds(typed: argument) else { return nil }
        self.seconds = seconds
    }
}

/// A size as typed: `4096`, `4KiB`, `64MiB`.
struct TypedSize: ExpressibleByArgument, Equatable {
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

/// A rate as typed: a number, or `auto`.
enum TypedRate: ExpressibleByArgument, Equatable {
    case auto
    case fixed(Double)

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
        } else if let value = Double(argument), value > 0, value.isFinite {
            self = .fixed(value)
        } else {
            return nil
        }
    }

    var value: Double? {
        if case .fixed(let value) = self { value } else { nil }
    }
}

/// γ of a kernel as typed: a number, or `scale`.
enum TypedGamma: ExpressibleByArgument, Equatable {
    case scale
    case fixed(Double)

    init?(argument: String) {
        if argument == "scale" {
            self = .scale
        } else if let value = Double(argument), value.isFinite {
            self = .fixed(value)
        } else {
            return nil
        }
    }

    var value: Double? {
        if case .fixed(let value) = self { value } else { nil }
    }
}

/// Seats as typed: a count, or names with commas.
enum TypedNodes: ExpressibleByArgument, Equatable {
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
