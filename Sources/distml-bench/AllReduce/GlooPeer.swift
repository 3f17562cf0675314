import Foundation
import TLSTransport

/// Gloo as PyTorch brings it, the peer that `--compare` measures.
///
/// PyTorch 2.7.1 from PyPI is the last one known to encrypt: its Gloo takes the transport TCP_TLS,
/// which the wheels for CPU alone and newer ones refuse.
enum GlooPeer {
    static let version = "2.7.1"

    /// A Python that has PyTorch, installed if it is not there yet.
    static func python(
        keptIn folder: String?,
        or temporary: URL,
        _ output: OutputOptions
    ) throws -> URL {
        try PeerPython(
            packages: ["torch==\(version)"],
            check: "import torch; assert torch.__version__.startswith('\(version)')",
            note: "PyTorch \(version), some 2.5 GB to download,"
        ).interpreter(keptIn: folder, or: temporary, output)
    }

    /// Starts one process for each rank and waits until they have found each other.
    static func ranks(
        _ worldSize: Int,
        _ python: URL,
        _ folder: URL,
        overTLS: Bool
    ) throws -> RankGroup {
        let name = overTLS ? "gloo tls" : "gloo"
        let store = folder.appendingPathComponent("\(name) \(worldSize)").path
        let processes = try (0..<worldSize).map { rank in
            try ChildProcess(
                python,
                arguments: ["-c", glooRankScript, store, "\(worldSize)", "\(rank)"],
                environment: environment(rank, folder, overTLS: overTLS),
                name: "\(name) rank \(rank)"
            )
        }
        for process in processes { _ = try process.answer(RankMessage.Ready.self) }
        return RankGroup(implementation: name, processes: processes)
    }

    private static func environment(
        _ rank: Int,
        _ folder: URL,
        overTLS: Bool
    ) -> [String: String] {
        var variables = ["GLOO_SOCKET_IFNAME": "lo"]
        guard overTLS else { return variables }
        let files = ThrowawayCertificates.files(rank, in: folder)
        variables["GLOO_DEVICE_TRANSPORT"] = "TCP_TLS"
        variables["GLOO_DEVICE_TRANSPORT_TCP_TLS_PKEY"] = files.key
        variables["GLOO_DEVICE_TRANSPORT_TCP_TLS_CERT"] = files.certificate
        variables["GLOO_DEVICE_TRANSPORT_TCP_TLS_CA_FILE"] = files.authority
        return variables
    }

    /// Runs a program whose output matters only if it fails.
    static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let words = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchError("\(program) failed: \(String(decoding: words, as: UTF8.self))")
        }
    }
}

/// One rank over Gloo; speaks as `RankCommand` does, and measures in the same way.
private let glooRankScript = """
    import json, os, resource, sys, time, warnings
    warnings.filterwarnings("ignore")
    import torch
    import torch.distributed as dist

    store, world, rank = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    dist.init_process_group(
        "gloo", init_method="file://" + store, world_size=world, rank=rank)
    dist.barrier()

    def say(message):
        sys.stdout.write(json.dumps(message) + "\\n")
        sys.stdout.flush()

    def cpu_seconds():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    def peak_memory():
        for line in open("/proc/self/status"):
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

    say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        count = order["bytes"] // 4
        vector = torch.arange(count, dtype=torch.float32) % 1000 + rank
        expected = vector * world - world * rank + world * (world - 1) // 2
        dist.all_reduce(vector)
        assert torch.equal(vector, expected)
        del expected
        vector.zero_()
        try:
            open("/proc/self/clear_refs", "w").write("5")
        except OSError:
            pass
        seconds = []
        cpu = cpu_seconds()
        for _ in range(order["repeats"]):
            start = time.perf_counter()
            dist.all_reduce(vector)
            seconds.append(time.perf_counter() - start)
        say({
            "seconds": seconds,
            "cpu_seconds": cpu_seconds() - cpu,
            "memory_bytes": peak_memory(),
        })
    """
