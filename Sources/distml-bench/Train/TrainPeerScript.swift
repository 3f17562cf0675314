/// What a peer's process does: it reads one order, does the job as often as it says, and answers.
let trainPeerScript = """
    import gzip, json, os, resource, socket, subprocess, sys, time, warnings
    import numpy as np

    warnings.simplefilter("ignore")
    order = json.loads(sys.stdin.readline())
    peer, repeats = order["peer"], order["repeats"]
    words = peer.split()
    answer = {}
    seconds = []

    def idx(path):
        raw = open(path, "rb").read()
        if raw[:2] == b"\\x1f\\x8b":
            raw = gzip.decompress(raw)
        dims = raw[3]
        shape = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(dims)]
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)

    def read(files):
        if len(files) == 2:
            kind = np.float32 if words[0] == "pytorch" else np.float64
            return idx(files[0]).reshape(-1, 784).astype(kind) / kind(255), \\
                idx(files[1]).astype(np.int64)
        from sklearn.datasets import load_svmlight_file
        rows, labels = load_svmlight_file(files[0], n_features=123)
        # SVC refuses the 64-bit indices that it reads itself.
        rows.indices, rows.indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
        return rows, labels

    def timed(body):
        for repetition in range(repeats):
            start = time.perf_counter()
            result = body(repetition)
            seconds.append(time.perf_counter() - start)
        return result

    def with_ones(a):
        import scipy.sparse as sp
        ones = np.ones((a.shape[0], 1))
        return sp.hstack([a, ones]).tocsr() if sp.issparse(a) else np.hstack([a, ones])

    def signs(labels):
        return np.where(labels == labels.max(), 1.0, -1.0)

    losses = {
        "0": lambda m: np.logaddexp(0, -m),
        "2": lambda m: np.maximum(0, 1 - m) ** 2,
        "3": lambda m: np.maximum(0, 1 - m),
    }

    def judge_linear(w, solver):
        margins = signs(y) * (with_ones(x) @ w)
        answer["objective"] = float(w @ w / 2 + losses[solver](margins).sum())
        answer["accuracy"] = float(np.mean(np.sign(with_ones(xt) @ w) == signs(yt)))

    def liblinear():
        from liblinear.liblinearutil import problem, parameter, train, predict
        import scipy.sparse as sp
        solver = words[2]
        tolerance = {"0": 1e-4, "2": 1e-4, "3": 1e-3}[solver]
        q = parameter(f"-s {solver} -c 1 -e {tolerance} -q")
        if words[-1] == "one-vs-rest":
            p = problem(y.astype(float), sp.csr_matrix(with_ones(x)))
            model = timed(lambda _: train(p, q))
            answer["accuracy"] = predict(yt.astype(float), sp.csr_matrix(with_ones(xt)), model,
                "-q")[1][0] / 100
            return
        p = problem(signs(y), sp.csr_matrix(with_ones(x)))
        model = timed(lambda _: train(p, q))
        w = np.array(model.get_decfun()[0])
        judge_linear(w if model.get_labels()[0] > 0 else -w, solver)

    def newton_cholesky():
        from sklearn.linear_model import LogisticRegression
        x1 = with_ones(x)
        x1 = x1.toarray() if hasattr(x1, "toarray") else x1
        model = timed(lambda _: LogisticRegression(
            C=1, solver="newton-cholesky", fit_intercept=False, tol=1e-4).fit(x1, signs(y)))
        judge_linear(model.coef_[0], "0")

    def hinge():
        from sklearn.svm import LinearSVC
        x1 = with_ones(x)
        model = timed(lambda _: LinearSVC(
            C=1, loss="hinge", fit_intercept=False, tol=1e-3, max_iter=5000).fit(x1, signs(y)))
        judge_linear(model.coef_[0], "3")

    def softmax():
        from sklearn.linear_model import LogisticRegression
        model = timed(lambda _: LogisticRegression(C=1, max_iter=1000).fit(x, y))
        scores = x @ model.coef_.T + model.intercept_
        logs = np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(y)), y]
        answer["objective"] = float((model.coef_ ** 2).sum() / 2 + logs.sum())
        answer["accuracy"] = float(model.score(xt, yt))

    def balanced():
        import pandas as pd
        from sklearn.compose import make_column_transformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import accuracy_score, balanced_accuracy_score
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler
        kinds = pd.read_csv(order["train"][0], header=None, skipinitialspace=True)
        tests = pd.read_csv(order["test"][0], header=None, skipinitialspace=True, comment="|")
        label = kinds.columns[-1]
        texts = [c for c in kinds.columns[:-1] if not pd.api.types.is_numeric_dtype(kinds[c])]
        numbers = [c for c in kinds.columns[:-1] if c not in texts]
        truth = tests[label].str.rstrip(".")
        make = lambda _: make_pipeline(
            make_column_transformer(
                (OneHotEncoder(handle_unknown="ignore"), texts), (StandardScaler(), numbers)),
            LogisticRegression(class_weight="balanced", max_iter=1000),
        ).fit(kinds.drop(columns=label), kinds[label])
        model = timed(make)
        called = model.predict(tests.drop(columns=label))
        answer["accuracy"] = float(accuracy_score(truth, called))
        answer["balanced_accuracy"] = float(balanced_accuracy_score(truth, called))

    def kernel():
        gamma, cost = (1 / (784 * x.var()), 10) if len(order["train"]) == 2 else (1 / 123, 1)
        if peer == "libsvm":
            from libsvm.svmutil import svm_problem, svm_parameter, svm_train, svm_predict
            import scipy.sparse as sp
            p = svm_problem(y.astype(float), sp.csr_matrix(x))
            q = svm_parameter(f"-c {cost} -g {gamma} -m 200 -q")
            model = timed(lambda _: svm_train(p, q))
            start = time.perf_counter()
            answer["accuracy"] = svm_predict(
                yt.astype(float), sp.csr_matrix(xt), model, "-q")[1][0] / 100
        else:
            from sklearn.svm import SVC
            model = timed(lambda _: SVC(C=cost, gamma=gamma, cache_size=200).fit(x, y))
            start = time.perf_counter()
            answer["accuracy"] = float(model.score(xt, yt))
        answer["predict_seconds"] = time.perf_counter() - start

    def nets():
        import torch
        torch.set_num_threads(1)
        rank, world = int(os.environ.get("RANK", "0")), 2 if words[-1] == "DDP" else 1
        others = []
        if world > 1:
            if rank == 0:
                with socket.socket() as s:
                    s.bind(("127.0.0.1", 0))
                    port = str(s.getsockname()[1])
                place = dict(MASTER_ADDR="127.0.0.1", MASTER_PORT=port, WORLD_SIZE="2",
                    GLOO_SOCKET_IFNAME="lo")
                os.environ.update(place, RANK="0")
                other = subprocess.Popen(
                    [sys.executable, "-c", sys.orig_argv[-1]], stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL, env=dict(os.environ, RANK="1"), text=True)
                other.stdin.write(json.dumps(order) + "\\n")
                other.stdin.flush()
                others.append(other)
            torch.distributed.init_process_group("gloo")
        kind = words[1]
        batch = (int(words[2]) if len(words) > 2 and words[2].isdigit() else 512) // world
        epochs = {"logistic": 20, "softmax": 20, "mlp": 10, "cnn": 7}[kind]
        dense = x.toarray() if hasattr(x, "toarray") else x
        features = torch.tensor(dense, dtype=torch.float32)
        if kind == "logistic":
            target = torch.tensor((signs(y) > 0).astype(np.float32)).reshape(-1, 1)
            loss = torch.nn.BCEWithLogitsLoss()
        else:
            target, loss = torch.tensor(y), torch.nn.CrossEntropyLoss()

        def make():
            n = torch.nn
            if kind in ("logistic", "softmax"):
                return n.Linear(x.shape[1], 1 if kind == "logistic" else 10)
            if kind == "mlp":
                return n.Sequential(
                    n.Linear(784, 256), n.ReLU(), n.Linear(256, 128), n.ReLU(),
                    n.Linear(128, 10))
            return n.Sequential(
                n.Unflatten(1, (1, 28, 28)), n.Conv2d(1, 32, 3, padding=1), n.ReLU(),
                n.MaxPool2d(2), n.Conv2d(32, 64, 3, padding=1), n.ReLU(), n.MaxPool2d(2),
                n.Flatten(), n.Linear(3136, 128), n.ReLU(), n.Linear(128, 10))

        own = np.arange(rank, len(features), world)
        accuracies = []
        for seed in range(repeats):
            torch.manual_seed(seed)
            model = make()
            if world > 1:
                model = torch.nn.parallel.DistributedDataParallel(model)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
            start = time.perf_counter()
            for epoch in range(epochs):
                mine = torch.tensor(np.random.default_rng(100 * seed + epoch).permutation(own))
                for low in range(0, len(own), batch):
                    rows = mine[low:low + batch]
                    optimizer.zero_grad()
                    loss(model(features[rows]), target[rows]).backward()
                    optimizer.step()
            seconds.append(time.perf_counter() - start)
            with torch.no_grad():
                tests = torch.tensor(xt.toarray() if hasattr(xt, "toarray") else xt,
                    dtype=torch.float32)
                net = model.module if world > 1 else model
                scores = torch.cat([net(part) for part in tests.split(1000)])
            called = (scores[:, 0] > 0) * 1 if kind == "logistic" else scores.argmax(1)
            truth = (signs(yt) > 0) * 1 if kind == "logistic" else yt
            accuracies.append(float(np.mean(called.numpy() == truth)))
        answer["accuracy"] = float(np.mean(accuracies))
        answer["rows_per_second"] = epochs * x.shape[0] / sorted(seconds)[len(seconds) // 2]
        for other in others:
            other.wait()

    if peer == "scikit-learn balanced":
        balanced()
    else:
        x, y = read(order["train"])
        xt, yt = read(order["test"])
        if words[0] == "liblinear":
            liblinear()
        elif words[0] == "pytorch":
            nets()
        else:
            {"scikit-learn newton-cholesky": newton_cholesky, "scikit-learn hinge": hinge,
                "scikit-learn softmax": softmax, "scikit-learn SVC": kernel,
                "libsvm": kernel}[peer]()

    answer["seconds"] = seconds
    answer["memory_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(answer), flush=True)
    """
