import Domain
import Learning

/// Checks that --val-split leaves every seat a row to train on and, as far as shares can tell,
/// every class.
func checkSplit(
    of spec: RunSpec,
    on manifest: DatasetManifest,
    seats: [Seat]
) throws(RunSpecError) {
    guard let share = spec.validationSplit else { return }
    func refuse(_ reason: String) -> RunSpecError {
        RunSpecError(option: "--val-split", reason: reason, hint: "hold out fewer, such as 0.2")
    }
    let rows = Dictionary(
        manifest.shards.map { ($0.index, $0.rows) },
        uniquingKeysWith: { first, _ in first }
    )
    for (rank, seat) in seats.enumerated() {
        let count = seat.shards.reduce(0) { $0 + (rows[$1] ?? 0) }
        let heldOut = HoldOut(share: share, seed: spec.seed, rank: rank)
        // Without rows it takes part as it is; the first that stays is found soon.
        guard count > 0, (0..<count).allSatisfy(heldOut.contains) else { continue }
        throw refuse(
            "\(share) would hold out all \(count) rows of node \(seat.node), which then has none "
                + "to train on"
        )
    }
    for item in manifest.classCounts where item.count > 0 {
        var isNoneLeft = 1.0
        for _ in 0..<item.count where isNoneLeft > 0.5 { isNoneLeft *= share }
        guard isNoneLeft > 0.5 else { continue }
        throw refuse(
            "\(share) would probably hold out all \(item.count) rows of class '\(item.label)', "
                + "which then cannot be learned"
        )
    }
}
