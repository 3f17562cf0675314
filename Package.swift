// swift-tools-version: 6.2
import PackageDescription

// The layers of the house, lowest first: a target depends only on targets above it in this file.
// `Sources/README.md` says what each one is for; `TidyTests` keeps what the compiler cannot see.
let package = Package(
    name: "distml-cluster",
    products: [
        .executable(name: "distmld", targets: ["distmld"]),
        .executable(name: "distmlctl", targets: ["distmlctl"]),
        .executable(name: "distml-worker", targets: ["distml-worker"]),
        .executable(name: "distml-bench", targets: ["distml-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Layer 0: C libraries, and the few shims that Swift cannot do without.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CTLS", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "COpenBLAS",
            pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"])]
        ),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .target(name: "CLinux"),
        // Tests only: system calls that a worker must not get through with.
        .target(name: "TestCalls", path: "Tests/TestCalls"),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off"])]),

        // Layer 1: values and arithmetic.
        .target(name: "Domain"),
        .target(name: "Wire"),
        .target(name: "LinearAlgebra", dependencies: ["CKernels", "COpenBLAS"]),
        .target(name: "JSONRPC"),

        // Layer 2: one subject each.
        .target(name: "ControlAPI", dependencies: ["Domain", "JSONRPC"]),
        .target(
            name: "Catalog",
            dependencies: ["Domain", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        .target(
            name: "Datasets",
            dependencies: ["CCrypto", "CLinux", "CZlib", "Domain", "LinearAlgebra", "Wire"]
        ),
        .target(name: "Learning", dependencies: ["CKernels", "Domain", "LinearAlgebra"]),
        .target(name: "ModelFormats", dependencies: ["Domain"]),
        .target(name: "Registers", dependencies: ["Domain", "Wire"]),
        .target(name: "Transport"),

        // Layer 3: what crosses a border.
        .target(
            name: "TLSTransport",
            dependencies: ["CCrypto", "CTLS", "Domain", "Transport"]
        ),
        .target(
            name: "Collectives",
            dependencies: ["CKernels", "CLinux", "Domain", "Transport", "Wire"]
        ),
        .target(
            name: "WorkerLink",
            dependencies: [
                "CLinux", "Datasets", "Domain", "Learning", "LinearAlgebra", "Transport", "Wire",
            ]
        ),

        // Layer 4: what one rank does.
        .target(
            name: "Training",
            dependencies: ["Domain", "Learning", "LinearAlgebra", "Wire"]
        ),

        // Layer 5: everything alive.
        .target(
            name: "Daemon",
            dependencies: [
                "CLinux", "Catalog", "Collectives", "ControlAPI", "Datasets", "Domain",
                "JSONRPC", "Learning", "LinearAlgebra", "ModelFormats", "Registers",
                "TLSTransport", "Training", "Transport", "Wire", "WorkerLink", "Yams",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),

        // Layer 6: thin programs.
        .executableTarget(
            name: "distmld",
            dependencies: [
                "ControlAPI", "Daemon",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(
            name: "distmlctl",
            dependencies: [
                "CEdit", "CLinux", "ControlAPI", "Domain", "JSONRPC",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(
            name: "distml-worker",
            dependencies: [
                "CLinux", "Datasets", "Domain", "Learning", "LinearAlgebra", "Training",
                "Transport", "Wire", "WorkerLink",
            ]
        ),
        .executableTarget(
            name: "distml-bench",
            dependencies: [
                "CCrypto", "CKernels", "CLinux", "COpenBLAS", "Collectives", "ControlAPI",
                "Datasets", "Domain", "JSONRPC", "Learning", "LinearAlgebra", "TLSTransport",
                "Training", "Transport", "Wire", "WorkerLink",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),

        .testTarget(name: "TidyTests"),
        // How tests start programs.
        .target(
            name: "StartedPrograms",
            dependencies: ["CLinux"],
            path: "Tests/StartedPrograms"
        ),
        .testTarget(name: "DomainTests", dependencies: ["Domain"]),
        .testTarget(name: "WireTests", dependencies: ["Wire"]),
        // Rows in memory, for tests of whatever reads rows.
        .target(name: "RowSamples", dependencies: ["LinearAlgebra"], path: "Tests/RowSamples"),
        // Ranks on threads that meet for their sums, for tests of whatever asks a `Reducer`.
        .target(
            name: "MeetingRanks",
            dependencies: ["Learning", "LinearAlgebra"],
            path: "Tests/MeetingRanks"
        ),
        .testTarget(
            name: "LinearAlgebraTests",
            dependencies: ["CKernels", "LinearAlgebra", "RowSamples"]
        ),
        .testTarget(name: "JSONRPCTests", dependencies: ["JSONRPC"]),
        .testTarget(name: "ControlAPITests", dependencies: ["ControlAPI", "Domain", "JSONRPC"]),
        .testTarget(
            name: "CatalogTests",
            dependencies: ["Catalog", "Domain", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        .testTarget(
            name: "DatasetsTests",
            dependencies: ["CZlib", "Datasets", "Domain", "LinearAlgebra", "Wire"]
        ),
        .testTarget(
            name: "LearningTests",
            dependencies: ["Domain", "Learning", "LinearAlgebra", "MeetingRanks", "RowSamples"]
        ),
        .testTarget(name: "ModelFormatsTests", dependencies: ["Domain", "ModelFormats"]),
        .testTarget(name: "RegistersTests", dependencies: ["Domain", "Registers", "Wire"]),
        // The facts that every `Link` must meet; both kinds of link are held to them.
        .target(
            name: "LinkConformance",
            dependencies: ["Transport"],
            path: "Tests/LinkConformance"
        ),
        .testTarget(name: "TransportTests", dependencies: ["LinkConformance", "Transport"]),
        .testTarget(
            name: "TLSTransportTests",
            dependencies: [
                "CTLS", "Domain", "LinkConformance", "StartedPrograms", "TLSTransport", "Transport",
            ]
        ),
        .testTarget(
            name: "CollectivesTests",
            dependencies: [
                "CLinux", "Collectives", "Domain", "StartedPrograms", "TLSTransport", "Transport",
                "Wire",
            ]
        ),
        // What a test puts in a worker's place.
        .executableTarget(
            name: "TestWorker",
            dependencies: ["CLinux", "Learning", "LinearAlgebra", "TestCalls", "WorkerLink"],
            path: "Tests/TestWorker"
        ),
        .testTarget(
            name: "WorkerLinkTests",
            dependencies: [
                "CLinux", "Datasets", "Domain", "Learning", "LinearAlgebra", "TestWorker",
                "Training", "Transport", "Wire", "WorkerLink", "distml-worker",
            ]
        ),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Domain", "Learning", "LinearAlgebra", "MeetingRanks", "RowSamples", "Training",
                "Wire",
            ]
        ),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "CLinux", "Catalog", "Collectives", "ControlAPI", "Daemon", "Datasets", "Domain",
                "JSONRPC", "Learning", "LinearAlgebra", "ModelFormats", "Registers",
                "StartedPrograms", "TLSTransport", "Training", "Transport", "Wire", "WorkerLink",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "distmlctlTests",
            dependencies: [
                "CLinux", "ControlAPI", "Domain", "JSONRPC", "StartedPrograms", "distmlctl",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: ["CLinux", "ControlAPI", "Domain", "JSONRPC", "StartedPrograms"]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}

// Every test run plays 10,000 simulated clusters, fits models to their last digits and reads the
// whole tree; unoptimized that takes many times as long.
let optimized = [
    "Registers", "RegistersTests", "LinearAlgebra", "Learning", "LearningTests", "TidyTests",
]
for target in package.targets where optimized.contains(target.name) {
    target.swiftSettings?.append(.unsafeFlags(["-O"], .when(configuration: .debug)))
}
