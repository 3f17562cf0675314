/// One thing to train, and who else can.
struct TrainJob {
    /// What its data are.
    enum Source {
        /// The sample that lies in `deploy/sample`.
        case digits
        /// LIBSVM text, with its test part.
        case a9a
        /// Comma-separated text with categories, with its test part.
        case adult
        /// All of Fashion-MNIST, with its test part.
        case fashion
        /// Its classes 0 and 6, with theirs of the test part.
        case fashionShirts
        /// Its first 10,000 rows, with the test part.
        case fashionPart
    }

    /// What its objective is beside the one that distml states.
    enum Objective {
        /// The same.
        case plain
        /// The sum over rows where distml's is the mean.
        case sum
        /// The dual of a machine, as LIBSVM prints it.
        case dual
    }

    let name: String
    let source: Source
    /// What follows `run`, the algorithm first.
    let words: String
    /// Numbers of nodes where the command says none.
    var nodes = [1, 3]
    /// Names that `TrainPeers` knows.
    var peers: [String] = []
    var objective = Objective.plain
    /// What follows the files of `dataset add`.
    var reading = ""

    static let all = linear + machines + descents + networks

    private static let linear = [
        TrainJob(
            name: "a9a-logistic",
            source: .a9a,
            words: "newton --bias feature --l2 3.0711587482e-5 --tol 1e-4",
            peers: ["liblinear -s 0", "scikit-learn newton-cholesky"],
            objective: .sum
        ),
        TrainJob(
            name: "a9a-logistic-exact",
            source: .a9a,
            words: "newton --bias feature --l2 3.0711587482e-5 --tol 1e-8",
            objective: .sum
        ),
        TrainJob(
            name: "a9a-squared-hinge",
            source: .a9a,
            words: "svm --loss squared-hinge --bias feature --tol 1e-4",
            peers: ["liblinear -s 2"]
        ),
        TrainJob(
            name: "shirts-logistic",
            source: .fashionShirts,
            words: "newton --bias feature --l2 8.3333333333e-5 --tol 1e-6",
            nodes: [1, 2],
            peers: ["liblinear -s 0", "scikit-learn newton-cholesky"],
            objective: .sum
        ),
        TrainJob(
            name: "fashion-softmax-lbfgs",
            source: .fashion,
            words: "lbfgs --l2 1.6666666667e-5 --tol 1e-4 --max-time 60s",
            nodes: [1],
            objective: .sum
        ),
        TrainJob(
            name: "fashion-softmax-newton",
            source: .fashion,
            words: "newton --l2 1.6666666667e-5 --tol 1e-4",
            nodes: [1, 2],
            peers: ["scikit-learn softmax", "liblinear -s 0 one-vs-rest"],
            objective: .sum
        ),
        TrainJob(
            name: "adult",
            source: .adult,
            words: "newton --balance weights --scale standard --l2 4.0948e-5",
            peers: ["scikit-learn balanced"],
            reading: "--missing zero"
        ),
    ]

    private static let machines = [
        TrainJob(
            name: "a9a-hinge",
            source: .a9a,
            words: "svm --bias feature --tol 1e-4",
            peers: ["liblinear -s 3"]
        ),
        TrainJob(
            name: "shirts-hinge",
            source: .fashionShirts,
            words: "svm --bias feature --tol 1e-4",
            nodes: [1, 2],
            peers: ["liblinear -s 3", "scikit-learn hinge"]
        ),
        TrainJob(
            name: "fashion-part-rbf",
            source: .fashionPart,
            words: "svm --kernel rbf --C 10 --gamma scale",
            peers: ["scikit-learn SVC", "libsvm"],
            objective: .dual
        ),
        TrainJob(
            name: "a9a-rbf",
            source: .a9a,
            words: "svm --kernel rbf --C 1 --gamma 0.00813008130",
            peers: ["scikit-learn SVC", "libsvm"],
            objective: .dual
        ),
        TrainJob(
            name: "fashion-rbf",
            source: .fashion,
            words: "svm --kernel rbf --C 10 --gamma scale",
            objective: .dual
        ),
    ]

    private static let descents = [
        TrainJob(
            name: "digits",
            source: .digits,
            words: "sgd --val-split 0.2"
        ),
        TrainJob(
            name: "a9a-gd",
            source: .a9a,
            words: "gd --bias feature --l2 3.0711587482e-5 --tol 1e-4",
            objective: .sum
        ),
        TrainJob(
            name: "a9a-sgd",
            source: .a9a,
            words: "sgd --batch 512 --lr 0.05 --momentum 0.9 --epochs 20 --schedule constant",
            nodes: [1, 2],
            peers: ["pytorch logistic", "pytorch logistic DDP"]
        ),
        TrainJob(
            name: "fashion-softmax",
            source: .fashion,
            words: "sgd --epochs 20",
            nodes: [1, 2],
            peers: ["pytorch softmax"]
        ),
    ]

    private static let networks = [
        TrainJob(
            name: "mlp-256",
            source: .fashion,
            words: "sgd --model mlp:256,128 --scale none --batch 256 \(recipe) --epochs 10",
            nodes: [1, 2],
            peers: ["pytorch mlp 256", "pytorch mlp 256 DDP"]
        ),
        TrainJob(
            name: "mlp-512",
            source: .fashion,
            words: "sgd --model mlp:256,128 --scale none --batch 512 \(recipe) --epochs 10",
            nodes: [1, 2],
            peers: ["pytorch mlp 512", "pytorch mlp 512 DDP"]
        ),
        TrainJob(
            name: "cnn",
            source: .fashion,
            words: "sgd --model cnn:32c3,p2,64c3,p2,128 --scale none --batch 256 \(recipe) "
                + "--epochs 7",
            nodes: [1, 2],
            peers: ["pytorch cnn 256", "pytorch cnn 256 DDP"]
        ),
    ]

    /// What the peers do too: pixels from 0 to 1, no penalty, a constant rate.
    private static let recipe = "--lr 0.05 --momentum 0.9 --schedule constant --l2 0"
}
