import Foundation
import JSONRPC

/// The programs that people use today for the same jobs, as `--compare` measures them.
enum TrainPeers {
    private static let packages = [
        "numpy", "scipy", "scikit-learn", "liblinear-official", "libsvm-official",
        "torch==\(GlooPeer.version)",
    ]

    /// A Python that has them all, installed if they are not there yet.
    static func python(
        keptIn folder: String?,
        or temporary: URL,
        _ output: OutputOptions
    ) throws -> URL {
        let home =
            folder.map { URL(fileURLWithPath: $0, isDirectory: true) }
            ?? temporary.appendingPathComponent("peers")
        let python = home.appendingPathComponent("bin/python")
        let check = "import sklearn, liblinear.liblinearutil, libsvm.svmutil, torch"
        let isThere = (try? GlooPeer.run(python.path, ["-W", "ignore", "-c", check])) != nil
        if isThere { return python }
        output.note("installing the peers into \(home.path): some 2.7 GB to download …")
        try GlooPeer.run("/usr/bin/env", ["python3", "-m", "venv", home.path])
        try GlooPeer.run(
            python.path,
            ["-m", "pip", "install", "--quiet", "--no-cache-dir"] + packages
        )
        return python
    }

    private struct Order: Encodable {
        var peer: String
        var train: [String]
        var test: [String]
        var repeats: Int
    }

    private struct Answer: Decodable {
        var seconds: [Double]
        var objective: Double?
        var accuracy: Double?
        var rowsPerSecond: Double?
        var memoryBytes: Int
    }

    /// Has one peer do a job in a process of its own, on one thread, data in memory.
    static func measure(
        _ peer: String,
        _ job: TrainJob,
        _ sources: BenchData.Sources,
        _ python: URL,
        repeats: Int
    ) throws -> TrainRow {
        let threads = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
        let process = try ChildProcess(
            python,
            arguments: ["-W", "ignore", "-c", peerScript],
            environment: Dictionary(uniqueKeysWithValues: threads.map { ($0, "1") }),
            name: peer
        )
        defer { process.finish() }
        try process.order(
            Order(peer: peer, train: sources.train, test: sources.test, repeats: repeats)
        )
        let answer = try process.answer(Answer.self)
        return TrainRow(
            job: job.name,
            implementation: peer,
            nodes: 1,
            objective: answer.objective,
            accuracy: answer.accuracy,
            seconds: median(answer.seconds),
            rowsPerSecond: answer.rowsPerSecond,
            memoryBytes: answer.memoryBytes,
            secondsRatio: .nan
        )
    }
}

/// Reads one order, does the job as often as it says, answers.
private let peerScript = """
    import gzip, json, resource, sys, time
    import numpy as np

    order = json.loads(sys.stdin.readline())
    peer, repeats = order["peer"], order["repeats"]

    def idx(path):
        raw = open(path, "rb").read()
        if raw[:2] == b"\\x1f\\x8b":
            raw = gzip.decompress(raw)
        dims = raw[3]
        shape = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(dims)]
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)

    def read(files):
        if len(files) == 2:
            x = idx(files[0]).reshape(-1, 784).astype(np.float64) / 255
            return x, idx(files[1]).astype(np.int64)
        from sklearn.datasets import load_svmlight_file
        return load_svmlight_file(files[0], n_features=123)

    x, y = read(order["train"])
    xt, yt = read(order["test"]) if order["test"] else (None, None)
    objective = rows_per_second = None
    seconds = []

    def with_ones(a):
        import scipy.sparse as sp
        ones = np.ones((a.shape[0], 1))
        return sp.hstack([a, ones]).tocsr() if sp.issparse(a) else np.hstack([a, ones])

    def signs(labels):
        return np.where(labels == labels.max(), 1.0, -1.0)

    def primal(w, loss):
        margins = signs(y) * (with_ones(x) @ w)
        return float(w @ w / 2 + loss(margins).sum())

    losses = {
        "0": lambda m: np.logaddexp(0, -m),
        "2": lambda m: np.maximum(0, 1 - m) ** 2,
        "3": lambda m: np.maximum(0, 1 - m),
    }

    def liblinear(solver, tolerance):
        from liblinear.liblinearutil import problem, parameter, train
        import scipy.sparse as sp
        p = problem(signs(y), sp.csr_matrix(with_ones(x)))
        q = parameter(f"-s {solver} -c 1 -e {tolerance} -q")
        for _ in range(repeats):
            start = time.perf_counter()
            m = train(p, q)
            seconds.append(time.perf_counter() - start)
        w = np.array(m.get_decfun()[0])
        return w if m.get_labels()[0] > 0 else -w

    def linear_accuracy(w):
        return float(np.mean(np.sign(with_ones(xt) @ w) == signs(yt)))

    def sklearn_fit(make):
        for _ in range(repeats):
            model = make()
            start = time.perf_counter()
            model.fit(x, y)
            seconds.append(time.perf_counter() - start)
        return model

    def torch_fit(make, loss, labels, batch, epochs, rate):
        import torch
        torch.set_num_threads(1)
        dense = x.toarray() if hasattr(x, "toarray") else x
        features = torch.tensor(dense, dtype=torch.float32)
        for seed in range(repeats):
            torch.manual_seed(seed)
            model = make(torch)
            optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
            start = time.perf_counter()
            for _ in range(epochs):
                order = torch.randperm(len(features))
                for low in range(0, len(features), batch):
                    rows = order[low:low + batch]
                    optimizer.zero_grad()
                    loss(torch)(model(features[rows]), labels(torch)[rows]).backward()
                    optimizer.step()
            seconds.append(time.perf_counter() - start)
        return model

    if peer.startswith("liblinear -s"):
        solver = peer.split()[-1]
        w = liblinear(solver, {"0": 1e-4, "2": 1e-4, "3": 1e-3}[solver])
        objective, accuracy = primal(w, losses[solver]), linear_accuracy(w)
    elif peer == "scikit-learn newton-cholesky":
        from sklearn.linear_model import LogisticRegression
        x1, y1 = with_ones(x), signs(y)
        x1 = x1.toarray() if hasattr(x1, "toarray") else x1
        for _ in range(repeats):
            model = LogisticRegression(
                C=1, solver="newton-cholesky", fit_intercept=False, tol=1e-4)
            start = time.perf_counter()
            model.fit(x1, y1)
            seconds.append(time.perf_counter() - start)
        w = model.coef_[0]
        objective, accuracy = primal(w, losses["0"]), linear_accuracy(w)
    elif peer == "scikit-learn softmax":
        from sklearn.linear_model import LogisticRegression
        model = sklearn_fit(lambda: LogisticRegression(C=1, max_iter=1000))
        scores = x @ model.coef_.T + model.intercept_
        logs = np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(y)), y]
        objective = float((model.coef_ ** 2).sum() / 2 + logs.sum())
        accuracy = float(model.score(xt, yt))
    elif peer == "scikit-learn SVC":
        from sklearn.svm import SVC
        gamma, cost = ("scale", 10) if len(order["train"]) == 2 else (1 / 123, 1)
        model = sklearn_fit(lambda: SVC(C=cost, gamma=gamma, cache_size=200))
        accuracy = float(model.score(xt, yt))
    elif peer.startswith("pytorch"):
        import torch
        if peer == "pytorch logistic":
            target = torch.tensor((signs(y) > 0).astype(np.float32)).reshape(-1, 1)
            model = torch_fit(
                lambda t: t.nn.Linear(x.shape[1], 1), lambda t: t.nn.BCEWithLogitsLoss(),
                lambda t: target, 512, 20, 0.05)
            call = lambda z: (z[:, 0] > 0).numpy().astype(int)
            truth = (signs(yt) > 0).astype(int)
            epochs = 20
        else:
            target = torch.tensor(y)
            def make(t):
                n = t.nn
                if peer == "pytorch softmax":
                    return n.Linear(784, 10)
                if peer == "pytorch mlp":
                    return n.Sequential(
                        n.Linear(784, 256), n.ReLU(), n.Linear(256, 128), n.ReLU(),
                        n.Linear(128, 10))
                return n.Sequential(
                    n.Unflatten(1, (1, 28, 28)), n.Conv2d(1, 32, 3, padding=1), n.ReLU(),
                    n.MaxPool2d(2), n.Conv2d(32, 64, 3, padding=1), n.ReLU(), n.MaxPool2d(2),
                    n.Flatten(), n.Linear(3136, 128), n.ReLU(), n.Linear(128, 10))
            epochs = 2 if peer == "pytorch cnn" else 10
            model = torch_fit(
                make, lambda t: t.nn.CrossEntropyLoss(), lambda t: target, 256, epochs, 0.05)
            call = lambda z: z.argmax(1).numpy()
            truth = yt
        dense = xt.toarray() if hasattr(xt, "toarray") else xt
        with torch.no_grad():
            scores = model(torch.tensor(dense, dtype=torch.float32))
        accuracy = float(np.mean(call(scores) == truth))
        rows_per_second = epochs * x.shape[0] / sorted(seconds)[len(seconds) // 2]
    else:
        sys.exit(f"no peer {peer}")

    print(json.dumps({
        "seconds": seconds, "objective": objective, "accuracy": accuracy,
        "rows_per_second": rows_per_second,
        "memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }), flush=True)
    """
