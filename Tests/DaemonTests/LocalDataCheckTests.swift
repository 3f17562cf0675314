import Domain
import Testing

@testable import Daemon

@Suite("What a run may tell of rows that stay")
struct LocalDataCheckTests {
    private let a = NodeID(checked: "a")
    private let b = NodeID(checked: "b")
    private let c = NodeID(checked: "c")

    private func manifest(_ rows: [Int], isLocal: Bool = true) -> DatasetManifest {
        let hash = ContentHash(bytes: [UInt8](repeating: 7, count: 32))
        var manifest = DatasetManifest(
            tenant: .default,
            name: DatasetName(checked: "d"),
            version: hash,
            layout: .dense,
            rows: rows.reduce(0, +),
            columns: 2,
            nonzeros: 20,
            mapping: ColumnMapping(columns: nil, count: 2),
            labels: .classes(["x", "y"]),
            classCounts: [.init(label: "x", count: 9), .init(label: "y", count: 9)],
            constantColumns: [],
            shards: zip([a, b, c], rows).enumerated().map { index, part in
                ShardDescription(
                    index: index,
                    rows: part.1,
                    values: 2 * part.1,
                    bytes: 80,
                    hash: hash,
                    holders: [part.0]
                )
            },
            seed: 1,
            format: "csv",
            warnings: [],
            addedAt: 0
        )
        manifest.isLocal = isLocal
        return manifest
    }

    private func spec(
        _ algorithm: Algorithm = .sgd,
        _ change: (inout RunSpec) -> Void = { _ in }
    ) -> RunSpec {
        var spec = RunSpec(algorithm: algorithm, dataset: DatasetName(checked: "d"))
        change(&spec)
        return spec
    }

    private func refusal(
        _ spec: RunSpec,
        _ manifest: DatasetManifest,
        validation: DatasetManifest? = nil
    ) throws -> RunSpecError {
        let error = #expect(throws: RunSpecError.self) {
            try checkLocal(spec, on: manifest, validation: validation)
        }
        return try #require(error)
    }

    @Test("Sums over fewer than 32 rows are refused, with the batch that would do")
    func few() throws {
        let data = manifest([100, 400, 40])
        let error = try refusal(spec { $0.batch = 64 }, data)
        #expect(error.option == "--batch")
        #expect(error.reason.contains("node a would sum over 11 rows"))
        #expect(error.hint?.contains("--batch 540 or more") == true)
        try checkLocal(spec { $0.batch = 540 }, on: data, validation: nil)
        for share in [\RunSpec.sharesSums, \.sharesRows] {
            let shared = spec {
                $0.batch = 64
                $0[keyPath: share] = true
            }
            try checkLocal(shared, on: data, validation: nil)
        }
        try checkLocal(spec(), on: data, validation: nil)
        try checkLocal(
            spec { $0.batch = 64 },
            on: manifest([100, 400, 40], isLocal: false),
            validation: nil
        )
    }

    @Test(
        "A part of fewer than 32 rows is refused whatever the method",
        arguments: [Algorithm.sgd, .gd]
    )
    func small(algorithm: Algorithm) throws {
        let error = try refusal(spec(algorithm), manifest([100, 20, 40]))
        #expect(error.reason.contains("node b would sum over 20 rows"))
        #expect(error.hint?.contains("--share-sums") == true)
        try checkLocal(spec(algorithm), on: manifest([20]), validation: nil)
    }

    @Test(
        "The least and greatest values are not told, means and deviations are",
        arguments: [FeatureScale.minmax, .maxabs]
    )
    func extremes(scale: FeatureScale) throws {
        let data = manifest([100, 100, 100])
        let error = try refusal(spec { $0.weighing.scale = scale }, data)
        #expect(error.option == "--scale")
        #expect(error.hint?.contains("--share-rows") == true)
        let dealt = manifest([100, 100, 100], isLocal: false)
        #expect(
            try refusal(spec { $0.weighing.scale = scale }, dealt, validation: data).option
                == "--scale"
        )
        try checkLocal(spec { $0.weighing.scale = .standard }, on: data, validation: nil)
        try checkLocal(
            spec {
                $0.weighing.scale = scale; $0.sharesRows = true
            },
            on: data,
            validation: nil
        )
        try checkLocal(spec { $0.weighing.scale = scale }, on: dealt, validation: nil)
    }

    @Test("Support vectors are rows: a kernel machine is refused, its random features are not")
    func kernels() throws {
        let data = manifest([100, 100])
        func spec(_ mode: KernelMode?, _ map: FeatureMap? = nil) -> RunSpec {
            self.spec(.svm) {
                var svm = SVMSpec()
                (svm.kernel, svm.mode, svm.map) = (.rbf, mode, map)
                $0.svm = svm
            }
        }
        for mode in [nil, .exact, .cascade] as [KernelMode?] {
            var asked = spec(mode)
            #expect(try refusal(asked, data).option == "--mode")
            asked.sharesRows = true
            try checkLocal(asked, on: data, validation: nil)
        }
        #expect(try refusal(spec(.features, .nystrom), data).option == "--map")
        try checkLocal(spec(.features, .fourier), on: data, validation: nil)
        try checkLocal(spec(.features), on: data, validation: nil)
        var other = spec(.features)
        other.svm?.kernel = .poly
        let error = try refusal(other, data)
        #expect(error.option == "--map")
        #expect(error.hint?.contains("--kernel rbf --mode features") == true)
    }

    @Test("A node's worker hides what its rules say, and nothing of data that were dealt")
    func rules() {
        let (local, dealt) = (manifest([9]), manifest([9], isLocal: false))
        let strict = LocalDataRules(spec(), local, nil)
        #expect(strict.rowsMin == 32 && strict.hidesRows)
        let sums = LocalDataRules(spec { $0.sharesSums = true }, local, nil)
        #expect(sums.rowsMin == 0 && sums.hidesRows)
        let open = LocalDataRules(spec { $0.sharesRows = true }, local, nil)
        #expect(open.rowsMin == 0 && !open.hidesRows)
        let none = LocalDataRules(spec(), dealt, nil)
        #expect(none.rowsMin == 0 && !none.hidesRows)
        #expect(LocalDataRules(spec(), dealt, local).hidesRows)
    }

    @Test("Parts of one class make nothing to tell apart")
    func oneClass() throws {
        var data = manifest([100, 100])
        data.classCounts[1].count = 0
        #expect(try refusal(spec(), data).reason.contains("one class"))
    }

    @Test("Whoever holds a part has a seat, and nobody else")
    func seats() throws {
        let data = manifest([40, 40])
        let seats = SeatAssignment(members: [(a, nil), (b, nil), (c, nil)])
        let nodes = try seats.nodes(for: spec(), of: data)
        #expect(nodes == [a, b])
        #expect(try seats.shards(of: data, for: nodes) == [[0], [1]])
        #expect(try seats.nodes(for: spec { $0.nodes = [b, a] }, of: data) == [b, a])
        #expect(try seats.nodes(for: spec { $0.nodeCount = 2 }, of: data) == [a, b])
        func error(_ change: (inout RunSpec) -> Void) -> SeatError? {
            do throws(SeatError) {
                _ = try seats.nodes(for: spec(.sgd, change), of: data)
                return nil
            } catch {
                return error
            }
        }
        #expect(error { $0.nodes = [a] } == .leftOut(b, dataset: "d"))
        #expect(error { $0.nodes = [a, b, c] } == .noPart(c, dataset: "d"))
        #expect(error { $0.nodeCount = 3 } == .notAllParts(asked: 3, parts: 2, dataset: "d"))
        #expect(throws: SeatError.leftOut(b, dataset: "d")) {
            try seats.shards(of: data, for: [a, c])
        }
        let without = SeatAssignment(members: [(a, nil), (b, "silent for 9 s"), (c, nil)])
        #expect(throws: SeatError.partAway(b, dataset: "d", reason: "silent for 9 s")) {
            try without.nodes(for: spec(), of: data)
        }
    }
}
