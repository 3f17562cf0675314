import Foundation

/// Runs `body` with a folder that only this user can enter and that is gone afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let template = FileManager.default.temporaryDirectory
        .appendingPathComponent("distml-bench.\(UUID().uuidString)")
    try FileManager.default.createDirectory(
        at: template,
        withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700]
    )
    defer { try? FileManager.default.removeItem(at: template) }
    return try body(template)
}
