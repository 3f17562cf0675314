import ControlAPI
import Testing

@Suite("Moments in RFC 3339")
struct TimestampTests {
    @Test(
        "Known moments",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_772_353_800.25, "2026-03-01T08:30:00.250Z"), (-1, "1969-12-31T23:59:59.000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000Z"),
            (-62_167_219_200, "0000-01-01T00:00:00.000Z"), (.nan, "1970-01-01T00:00:00.000Z"),
            (.infinity, "9999-12-31T23:59:59.000Z"),
        ]
    )
    func known(seconds: Double, text: String) throws {
        let moment = Timestamp(seconds: seconds)
        #expect(moment.description == text)
        #expect(try #require(Timestamp(text)) == moment)
    }

    @Test("Days of eight centuries come back")
    func days() {
        for day in stride(from: -150_000.0, to: 150_000, by: 11) {
            let moment = Timestamp(seconds: day * 86_400 + 1)
            #expect(Timestamp(moment.description) == moment)
        }
    }

    @Test(
        "What is no moment is refused",
        arguments: [
            "", "2026-03-01", "2026-03-01T08:30:00", "2026-13-01T08:30:00Z",
            "2026-03-01T24:30:00Z", "2026-03-01T08:30:00.1Z", "2026-03-01 08:30:00Z",
            "2026-03-01T08:30:00+01:00", "２026-03-01T08:30:00Z",
        ]
    )
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
