import ArgumentParser
import Domain

/// What a run may tell of rows that stay on their nodes (`dataset add --local`).
struct SharingOptions: ParsableArguments {
    @Flag(
        help: """
            Of rows that stay on their nodes: single values and whole rows may be told to the \
            other nodes.
            """
    )
    var shareRows = false

    @Flag(
        help: """
            Of rows that stay on their nodes: sums over fewer than 32 of them may be told to \
            the neighbours in the ring.
            """
    )
    var shareSums = false

    /// Adds what was said.
    func apply(to spec: inout RunSpec) {
        spec.sharesRows = shareRows
        spec.sharesSums = shareSums
    }
}
