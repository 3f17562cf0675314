import Domain
import Learning

/// What a run may tell of rows that stay on their nodes.
struct LocalDataRules: Equatable {
    /// Rows that every sum which leaves a node is over, at least; 0 where any will do.
    let rowsMin: Int
    /// Whether rows stay on their nodes, of the dataset or of the one for validation.
    let isLocal: Bool
    /// Whether no value of a single row may leave a node.
    let hidesRows: Bool

    /// The rules of a run on these data.
    init(_ spec: RunSpec, _ dataset: DatasetManifest, _ validation: DatasetManifest?) {
        isLocal = dataset.isLocal || validation?.isLocal == true
        hidesRows = isLocal && !spec.sharesRows
        rowsMin = dataset.isLocal && !spec.sharesRows && !spec.sharesSums ? sumRowsMin : 0
    }
}

/// What a run on rows that stay says of them.
let localDataNote = "rows stay where they are, ring neighbours see each node's own sums"

/// Checks that `spec` asks for nothing that tells of single rows of a dataset that stays.
///
/// What a worker chooses itself, it keeps to these rules itself.
func checkLocal(
    _ spec: RunSpec,
    on dataset: DatasetManifest,
    validation: DatasetManifest?
) throws(RunSpecError) {
    let rules = LocalDataRules(spec, dataset, validation)
    if rules.hidesRows, let scale = spec.weighing.scale, scale == .minmax || scale == .maxabs {
        throw RunSpecError(
            option: "--scale",
            reason: "\(scale.rawValue) needs the least and greatest values of \(dataset.name), "
                + "which are values of its rows, and these stay where they are",
            hint: "use --scale standard, whose means and deviations are sums, or say --share-rows"
        )
    }
    try checkRanking(spec, dataset, rules)
    try checkKernel(spec, dataset, rules)
    guard dataset.isLocal else { return }
    if case .classes = dataset.labels, dataset.classCounts.count(where: { $0.count > 0 }) < 2 {
        throw RunSpecError(
            option: "--dataset",
            reason: "all rows of \(dataset.name) have one class; there is nothing to tell apart",
            hint: "add the parts of the nodes that have the others"
        )
    }
    let rows = dataset.shards.map(\.rows)
    let sums = LocalSums(rows, rowsMin: rules.rowsMin)
    let isWhole = spec.algorithm != .sgd || spec.batch == nil
    let batch = isWhole ? dataset.rows : spec.batch ?? dataset.rows
    guard let few = sums.firstTooFew(batch: batch) else { return }
    let node = dataset.shards[few.rank].holders.first?.text ?? "?"
    let least = sums.widened(1)
    let isPossible = sums.firstTooFew(batch: least) == nil
    throw RunSpecError(
        option: isWhole ? "--dataset" : "--batch",
        reason: "node \(node) would sum over \(few.rows) rows in a step, and its neighbours in the "
            + "ring see that sum; the gradient of one row is that row",
        hint: isPossible
            ? "take --batch \(least) or more, or say --share-sums"
            : "say --share-sums if its neighbours may see them"
    )
}

/// A sorted score is some row's own.
func checkRanking(
    _ spec: RunSpec,
    _ dataset: DatasetManifest,
    _ rules: LocalDataRules
) throws(RunSpecError) {
    guard rules.hidesRows else { return }
    let ranks = spec.metric == .rocAUC || spec.metric == .prAUC
    guard ranks || spec.weighing.threshold != nil else { return }
    throw RunSpecError(
        option: ranks ? "--metric" : "--threshold",
        reason: "it sorts the scores of all rows, each of which tells of a row of \(dataset.name), "
            + "and these stay where they are",
        hint: ranks
            ? "take another figure, such as balanced_accuracy, or say --share-rows"
            : "say --share-rows if the other nodes may see the scores"
    )
}

/// Support vectors are rows of somebody's data.
private func checkKernel(
    _ spec: RunSpec,
    _ dataset: DatasetManifest,
    _ rules: LocalDataRules
) throws(RunSpecError) {
    guard spec.algorithm == .svm, let svm = spec.svm, svm.kernel != nil else { return }
    // Random features are chosen where nobody says otherwise and the kernel has them.
    let map = svm.map ?? (svm.kernel == .rbf ? .fourier : .nystrom)
    guard rules.hidesRows, svm.mode != .features || map != .fourier else { return }
    throw RunSpecError(
        option: svm.mode == .features ? "--map" : "--mode",
        reason: "a kernel machine is made of rows, and those of \(dataset.name) stay where they "
            + "are",
        hint: svm.kernel == .rbf
            ? "take --mode features --map rff, whose sums tell of no row, or say --share-rows"
            : "take --kernel rbf --mode features, whose sums tell of no row, or say --share-rows"
    )
}
