import Glibc

/// The files and folders whose path begins as typed, folders with a slash.
func fileNames(beginning typed: String) -> [String] {
    let cut = typed.lastIndex(of: "/")
    let folder = cut.map { String(typed[...$0]) } ?? ""
    let start = cut.map { String(typed[typed.index(after: $0)...]) } ?? typed
    guard let listing = opendir(folder.isEmpty ? "." : folder) else { return [] }
    defer { closedir(listing) }
    var found: [String] = []
    while let entry = readdir(listing) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let isHidden = name.hasPrefix(".") && !start.hasPrefix(".")
        // The shell splits at spaces: what has one must be quoted by hand.
        guard name.hasPrefix(start), !isHidden, name != ".", name != "..", !name.contains(" ")
        else { continue }
        var status = stat()
        let isFolder = stat(folder + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        found.append(folder + name + (isFolder ? "/" : ""))
    }
    return found
}
