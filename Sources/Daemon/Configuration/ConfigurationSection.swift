import Domain
import TLSTransport
import Yams

/// One mapping of the file, whose keys are known before any value is looked at.
struct ConfigurationSection {
    let file: String
    /// Such as `worker.`; empty at the top.
    let path: String
    let line: Int?
    private let values: [String: Node]

    /// - Throws: where `node` is no mapping or has a key that is not among `keys`.
    init(_ node: Node, file: String, path: String, keys: [String]) throws(ConfigurationError) {
        self.file = file
        self.path = path
        line = node.mark?.line
        guard case .mapping(let mapping) = node else {
            let what = path.isEmpty ? "the file" : "'\(path.dropLast())'"
            throw ConfigurationError(file: file, line: line, message: "\(what) must be a mapping")
        }
        var values: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? "?"
            guard keys.contains(name) else {
                throw ConfigurationError(
                    file: file,
                    line: key.mark?.line,
                    message: "unknown key '\(path)\(name)'; known here: "
                        + keys.joined(separator: ", ")
                )
            }
            values[name] = value
        }
        self.values = values
    }

    func has(_ key: String) -> Bool { values[key] != nil }

    /// An error at the key's line, or at the section's where the key is missing.
    func error(_ key: String, _ message: String) -> ConfigurationError {
        ConfigurationError(
            file: file,
            line: values[key]?.mark?.line ?? line,
            message: "'\(path)\(key)' \(message)"
        )
    }

    /// The scalar under `key`; nil where the key is missing.
    func optionalText(_ key: String) throws(ConfigurationError) -> String? {
        guard let node = values[key] else { return nil }
        guard let text = node.scalar?.string else { throw error(key, "must be a single value") }
        guard !text.isEmpty else { throw error(key, "has no value") }
        return text
    }

    func text(_ key: String) throws(ConfigurationError) -> String {
        guard let text = try optionalText(key) else { throw error(key, "is missing") }
        return text
    }

    func name<Name: NameValue>(_ key: String) throws(ConfigurationError) -> Name {
        let text = try text(key)
        do throws(NameError) {
            return try Name(validating: text)
        } catch {
            throw self.error(key, "is no name: \(error)")
        }
    }

    func address(_ key: String) throws(ConfigurationError) -> PeerAddress {
        guard let address = PeerAddress(try text(key)) else {
            throw error(key, "must be host:port, such as node-a:7443 or [fd00::1]:7443")
        }
        return address
    }

    func optionalPath(_ key: String) throws(ConfigurationError) -> String? {
        guard let path = try optionalText(key) else { return nil }
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw error(key, "must be an absolute path, not '\(path)'")
        }
        return path
    }

    func path(_ key: String) throws(ConfigurationError) -> String {
        guard let path = try optionalPath(key) else { throw error(key, "is missing") }
        return path
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        default standard: Choice
    ) throws(ConfigurationError) -> Choice {
        guard let text = try optionalText(key) else { return standard }
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw error(key, "must be one of \(all), not '\(text)'")
        }
        return choice
    }

    /// A number with its unit; what `units` gives for it is the number of the smallest unit.
    func quantity(_ key: String, units: [String: Double]) throws(ConfigurationError) -> Double? {
        guard let text = try optionalText(key) else { return nil }
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Double(digits), let scale = units[String(unit)] else {
            let known = units.keys.sorted().joined(separator: ", ")
            throw error(key, "must be a number with a unit (\(known)), not '\(text)'")
        }
        return number * scale
    }

    func duration(
        _ key: String,
        default standard: Duration,
        in range: ClosedRange<Duration>
    ) throws(ConfigurationError) -> Duration {
        guard let milliseconds = try quantity(key, units: ["ms": 1, "s": 1_000, "m": 60_000])
        else { return standard }
        let duration = Duration.milliseconds(milliseconds)
        guard range.contains(duration) else {
            throw error(key, "must lie between \(range.lowerBound) and \(range.upperBound)")
        }
        return duration
    }

    func section(
        _ key: String,
        keys: [String]
    ) throws(ConfigurationError) -> ConfigurationSection? {
        guard let node = values[key] else { return nil }
        return try ConfigurationSection(node, file: file, path: "\(path)\(key).", keys: keys)
    }

    func sections(
        _ key: String,
        keys: [String]
    ) throws(ConfigurationError) -> [ConfigurationSection] {
        guard let node = values[key] else { return [] }
        guard case .sequence(let list) = node else { throw error(key, "must be a list") }
        var sections: [ConfigurationSection] = []
        for item in list {
            sections.append(
                try ConfigurationSection(item, file: file, path: "\(path)\(key).", keys: keys)
            )
        }
        return sections
    }
}

/// Reads a YAML text into its tree.
func composeYAML(_ text: String, file: String) throws(ConfigurationError) -> Node {
    do {
        guard let node = try Yams.compose(yaml: text) else {
            throw ConfigurationError(file: file, line: 1, message: "the file is empty")
        }
        return node
    } catch let error as ConfigurationError {
        throw error
    } catch {
        throw ConfigurationError(file: file, line: line(of: error), message: message(of: error))
    }
}

private func line(of error: any Error) -> Int? {
    guard let error = error as? YamlError else { return nil }
    switch error {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
        return mark.line
    case .duplicatedKeysInMapping(_, let context): return context.mark.line
    default: return nil
    }
}

private func message(of error: any Error) -> String {
    guard let error = error as? YamlError else { return "\(error)" }
    switch error {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _),
        .composer(_, let problem, _, _):
        return problem
    case .duplicatedKeysInMapping(let keys, _):
        return "key '\(keys.map(\.description).joined(separator: "', '"))' is given twice"
    default: return "\(error)"
    }
}
