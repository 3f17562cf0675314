import Testing
import Transport

@Suite("Deadlines")
struct DeadlineTests {
    @Test("A deadline of nothing or less has passed", arguments: [Duration.zero, .seconds(-5)])
    func passed(limit: Duration) {
        let deadline = Deadline.after(limit)
        #expect(deadline.hasPassed)
        #expect(deadline.remaining == .zero)
        #expect(deadline.pollMilliseconds == 0)
    }

    @Test("What is left never exceeds the limit and rounds up for poll")
    func left() {
        let deadline = Deadline.after(.seconds(60))
        #expect(!deadline.hasPassed)
        #expect(deadline.remaining <= .seconds(60) && deadline.remaining > .seconds(50))
        #expect((50_000...60_000).contains(deadline.pollMilliseconds))
        #expect(Deadline.after(.microseconds(500_001)).pollMilliseconds <= 501)
    }

    @Test("Durations that overflow clocks are for ever")
    func forever() {
        let deadline = Deadline.after(.seconds(Int64.max / 2))
        #expect(deadline.pollMilliseconds == .max)
        #expect(!deadline.hasPassed)
    }

    @Test("The earlier of two deadlines is the one that ends first")
    func earlier() {
        let (short, long) = (Deadline.after(.seconds(1)), Deadline.after(.seconds(9)))
        #expect(Deadline.earlier(short, long).limit == .seconds(1))
        #expect(Deadline.earlier(long, short).limit == .seconds(1))
    }
}
