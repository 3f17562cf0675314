import Foundation
import Testing

@Suite("distml-bench")
struct BenchTests {
    @Test(
        "allreduce measures the real ring and prints what is promised",
        arguments: ["tls", "plain"]
    )
    func allReduce(link: String) throws {
        let result = try run(
            Programs.path("distml-bench"),
            ["allreduce", "--world", "2,3", "--size", "4KiB,1MiB", "--repeat", "8", "--json"]
                + ["--link", link]
        )
        #expect(result.status == 0, "\(result.errors)")
        let rows = try result.list()
        #expect(rows.map { $0["world"] as? Int } == [2, 2, 3, 3])
        #expect(rows.map { $0["bytes"] as? Int } == [4_096, 1 << 20, 4_096, 1 << 20])
        for row in rows {
            #expect(row["implementation"] as? String == "distml \(link)")
            let median = try #require(row["median_seconds"] as? Double)
            let least = try #require(row["min_seconds"] as? Double)
            #expect(least > 0 && least <= median)
            for field in ["bus_gigabytes_per_second", "cpu_seconds_per_gigabyte", "memory_bytes"] {
                #expect((row[field] as? Double ?? 0) > 0, "\(field)")
            }
        }
    }

    @Test("limits measures every part of the machine")
    func limits() throws {
        let result = try run(Programs.path("distml-bench"), ["limits", "--json"], seconds: 120)
        #expect(result.status == 0, "\(result.errors)")
        let rows = try result.list()
        let names = Set(rows.compactMap { $0["limit"] as? String })
        #expect(
            names == [
                "AES-128-GCM", "AES-256-GCM", "copy", "add", "matrix product", "TCP stream",
                "TLS stream",
            ]
        )
        for row in rows { #expect((row["rate"] as? Double ?? 0) > 0) }
    }

    @Test(
        "Bad usage exits with 2 and says what is wrong",
        arguments: [
            ["allreduce", "--world", "1"], ["allreduce", "--size", "5"],
            ["allreduce", "--repeat", "0"], ["allreduce", "--link", "smoke"], ["nonsense"],
        ]
    )
    func usage(arguments: [String]) throws {
        let result = try run(Programs.path("distml-bench"), arguments)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("Error: "))
    }
}
