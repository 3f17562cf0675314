import ArgumentParser
import ControlAPI

/// The command `distmlctl ring bench`.
struct RingBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the all-reduce over the real ring."
    )

    @Option(help: ArgumentHelp("Vector sizes with commas between.", valueName: "size,…"))
    var size = TypedList(["4KiB", "1MiB", "64MiB"])

    @Option(help: "Times each size is measured.")
    var repeats = 5

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let sizes = try size.items.map { text in
            guard let bytes = byteCount(typed: text), bytes > 0, bytes % 4 == 0 else {
                throw ValidationError("'\(text)' is no size of whole floats, such as 4KiB")
            }
            return bytes
        }
        guard (1...1000).contains(repeats) else { throw ValidationError("--repeats: 1 to 1000") }
        try options.ask(
            RingBench.self,
            RingBench.Params(sizes: sizes, count: repeats),
            RingBenchPrinter()
        )
    }
}
