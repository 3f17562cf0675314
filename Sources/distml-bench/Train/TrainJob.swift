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

    let name: String
    let source: Source
    /// What follows `run`.
    let algorithm: String
    let options: [String]
    /// What follows the files of `dataset add`.
    var reading: [String] = []
    /// The same for the test rows, besides `--like`.
    var testReading: [String] = []
    /// Names that `TrainPeers` knows.
    var peers: [String] = []
    /// Whether the objective is a sum over rows where distml's is a mean.
    var isSum = false

    static let all = [
        TrainJob(
            name: "digits",
            source: .digits,
            algorithm: "sgd",
            options: ["--val-split", "0.2"]
        ),
        TrainJob(
            name: "a9a-gd",
            source: .a9a,
            algorithm: "gd",
            options: ["--bias", "feature", "--l2", "3.0712e-5", "--tol", "1e-4"],
            peers: ["liblinear -s 0", "scikit-learn newton-cholesky"],
            isSum: true
        ),
        TrainJob(
            name: "a9a-logistic",
            source: .a9a,
            algorithm: "newton",
            options: ["--bias", "feature", "--l2", "3.0711587482e-5", "--tol", "1e-4"],
            peers: ["liblinear -s 0", "scikit-learn newton-cholesky"],
            isSum: true
        ),
        TrainJob(
            name: "a9a-squared-hinge",
            source: .a9a,
            algorithm: "svm",
            options: ["--loss", "squared-hinge", "--bias", "feature", "--tol", "1e-4"],
            peers: ["liblinear -s 2"]
        ),
        TrainJob(
            name: "a9a-hinge",
            source: .a9a,
            algorithm: "svm",
            options: ["--bias", "feature", "--tol", "1e-4"],
            peers: ["liblinear -s 3"]
        ),
        TrainJob(
            name: "shirts-logistic",
            source: .fashionShirts,
            algorithm: "newton",
            options: ["--bias", "feature", "--l2", "8.3333333333e-5", "--tol", "1e-6"],
            peers: ["liblinear -s 0", "scikit-learn newton-cholesky"],
            isSum: true
        ),
        TrainJob(
            name: "shirts-hinge",
            source: .fashionShirts,
            algorithm: "svm",
            options: ["--bias", "feature", "--tol", "1e-4"],
            peers: ["liblinear -s 3"]
        ),
        TrainJob(
            name: "fashion-softmax-newton",
            source: .fashion,
            algorithm: "newton",
            options: ["--l2", "1.6666666667e-5", "--tol", "1e-4"],
            peers: ["scikit-learn softmax"],
            isSum: true
        ),
        TrainJob(
            name: "a9a-sgd",
            source: .a9a,
            algorithm: "sgd",
            options: [
                "--batch", "512", "--lr", "0.05", "--momentum", "0.9", "--epochs", "20",
                "--schedule", "constant",
            ],
            peers: ["pytorch logistic"]
        ),
        TrainJob(
            name: "fashion-softmax",
            source: .fashion,
            algorithm: "sgd",
            options: ["--epochs", "20"],
            peers: ["pytorch softmax"]
        ),
        TrainJob(
            name: "adult",
            source: .adult,
            algorithm: "sgd",
            options: [],
            reading: ["--missing", "zero"],
            testReading: []
        ),
    ]
}
