import Foundation

/// A Python of its own with packages from PyPI, for the programs that distml is measured beside.
struct PeerPython {
    /// What is installed, as pip takes it.
    let packages: [String]
    /// Python that fails where a package lacks.
    let check: String
    /// What is said before the download.
    let note: String

    /// The interpreter, with everything installed that is not there yet.
    func interpreter(
        keptIn folder: String?,
        or temporary: URL,
        _ output: OutputOptions
    ) throws -> URL {
        let home =
            folder.map { URL(fileURLWithPath: $0, isDirectory: true) }
            ?? temporary.appendingPathComponent("peers")
        let python = home.appendingPathComponent("bin/python")
        if isComplete(python) { return python }
        output.note("installing \(note) into \(home.path) …")
        try GlooPeer.run("/usr/bin/env", ["python3", "-m", "venv", home.path])
        let install = ["-m", "pip", "install", "--quiet", "--no-cache-dir"]
        try GlooPeer.run(python.path, install + packages)
        guard isComplete(python) else { throw BenchError("\(note) cannot be imported") }
        return python
    }

    private func isComplete(_ python: URL) -> Bool {
        (try? GlooPeer.run(python.path, ["-W", "ignore", "-c", check])) != nil
    }
}
