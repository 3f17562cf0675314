import ControlAPI
import Domain
import Testing

@testable import distmlctl

@Suite("What is advised after a run")
struct AdviceTests {
    private func advice(_ outcome: Outcome?, _ reason: String?, checkpoint: Int? = 40) -> [String] {
        var run = sampleRun(outcome)
        run.cause = reason.map {
            Cause(node: NodeID(checked: "b"), rank: Rank(1), step: 41, reason: $0)
        }
        run.checkpointStep = checkpoint
        return RunAdvice(run).lines
    }

    @Test(
        "A worker's end leaves its node: the run goes on at once, and why it ended is on that node",
        arguments: [
            ("worker was killed by signal 9 (SIGKILL)", "journalctl -k -g 'out of memory'"),
            ("worker made no progress for 9.0 seconds", "distmlctl node health b"),
            ("worker closed its socket", "on b: journalctl -u 'distml-worker-*'"),
            ("worker was killed by signal 4 (SIGILL): Fatal error: x", "distmlctl logs r-aaaaaa"),
            ("worker exited with status 1", "distmlctl logs r-aaaaaa"),
            (
                "worker was killed by signal 6 (SIGABRT): Fatal error: failed to allocate 9 bytes",
                "on b: give its workers more"
            ),
            ("worker sends more than 5000 messages a second", "distmlctl logs r-aaaaaa"),
            ("the daemon was restarted during the run", "on b: journalctl -u distmld"),
        ]
    )
    func worker(reason: String, look: String) {
        let lines = advice(.nodesLost, reason)
        #expect(lines.contains { $0.contains(look) }, "\(lines)")
        #expect(lines.contains("distmlctl resume r-aaaaaa   (from step 40)"), "\(lines)")
        #expect(!lines.contains { $0.contains("once b is alive") }, "\(lines)")
    }

    @Test(
        "A node that is gone is waited for",
        arguments: [
            ("node lost: silent for 6.0 s", Outcome.nodesLost),
            ("node lost", .nodesLost), ("link lost: b closed the connection", .nodesLost),
            ("rank 1 (b) neither sent nor took anything for 10 s", .nodesLost),
            ("node b is shutting down", .stopped),
        ]
    )
    func node(reason: String, outcome: Outcome) {
        let lines = advice(outcome, reason)
        #expect(lines.contains("distmlctl node ls"), "\(lines)")
        let resume = "once b is alive: distmlctl resume r-aaaaaa   (from step 40)"
        #expect(lines.last == resume, "\(lines)")
        let isLink = reason.hasPrefix("link") || reason.hasPrefix("rank")
        #expect(lines.contains { $0.hasPrefix("distmlctl ring ping") } == isLink)
    }

    @Test("Whoever stopped a run by hand goes on with it as they like")
    func stopped() {
        #expect(
            advice(.stopped, nil, checkpoint: nil)
                == ["distmlctl resume r-aaaaaa   (from the beginning: there is no checkpoint)"]
        )
    }

    @Test(
        "A failure is looked into where it lies, and not tried again where that is in vain",
        arguments: [
            ("failure data_corrupt: shard 0: page 1", "distmlctl dataset verify digits", true),
            ("failure worker cannot confine itself: no Landlock", "on b: distmlctl doctor", true),
            ("failure few_rows: 3 rows in a step", "start it again with other options", false),
            ("failure it could not be started: no link", "distmlctl doctor", true),
        ]
    )
    func failed(reason: String, look: String, resumes: Bool) {
        let lines = advice(.failed, reason)
        #expect(lines.contains { $0.hasPrefix(look) }, "\(lines)")
        #expect(lines.contains { $0.contains("distmlctl resume") } == resumes, "\(lines)")
    }
}
