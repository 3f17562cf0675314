/// Which version of a dataset, and which of the times that it was added; what a name means.
public struct DatasetVersion: Hashable, Codable, Sendable {
    /// The content hash.
    public var hash: ContentHash
    /// Seconds since 1970 at the commit, as in the manifest.
    public var addedAt: Double

    /// A version as it was added at a moment.
    public init(hash: ContentHash, addedAt: Double) {
        self.hash = hash
        self.addedAt = addedAt
    }

    /// The version that a manifest describes.
    public init(_ manifest: DatasetManifest) {
        self.init(hash: manifest.version, addedAt: manifest.addedAt)
    }
}
