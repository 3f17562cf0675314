/// A fact about links that an implementation does not meet.
public struct UnmetFact: Error, CustomStringConvertible {
    /// What was expected, and what was found.
    public let description: String
}

/// Facts that hold for every `Link`, each checked on a fresh connected pair.
///
/// One thread drives both ends, as far as they go without blocking.
public enum LinkFact: String, CaseIterable, Sendable {
    /// Each direction carries its own bytes.
    case bytesArriveInOrder = "Bytes arrive whole and in order, both ways at once"
    /// There is always an answer at once.
    case nothingBlocks = "A link with nothing to receive says 0 and wants to read"
    /// Memory use has a bound.
    case backpressure = "A peer that does not read stops the sender, and nothing is lost"
    /// `poll` alone is not enough for a link with buffers.
    case noHiddenInput = "Input that the socket no longer shows is announced as buffered"
    /// The end of the stream comes after the stream.
    case endFollowsBytes = "What was sent before the close arrives, then the close"
    /// Death of the peer is an error, not a signal.
    case sendingToClosed = "Sending to a closed peer throws"
    /// No wait is without end.
    case waitsEnd = "A wait ends at its deadline and names the silent peer"
    /// Frames are whole.
    case framesAreWhole = "Frames arrive as they were sent, empty ones too"
    /// Hostile lengths cost nothing.
    case longFrames = "A frame over the limit is refused from its header alone"
}
