import Domain
import Learning

/// Kernel machines as linear machines on features.
extension TrainingTask {
    /// Whether the search goes over features that stand for a kernel.
    var mapsRows: Bool {
        spec.algorithm == .svm && spec.svm?.kernel != nil && spec.svm?.mode == .features
    }

    /// What makes the features: random ones where the kernel allows them.
    var featureMap: FeatureMap {
        let svm = spec.svm ?? SVMSpec()
        return svm.map ?? (svm.kernel == .rbf ? .fourier : .nystrom)
    }

    /// How many features were asked for, or as many as an interior point takes in seconds: a
    /// landmark is worth more than a random feature.
    ///
    /// Of wide rows fewer, for every feature is as wide as a row.
    var featureCount: Int {
        if let count = spec.svm?.featureCount { return Swift.max(1, count) }
        guard featureMap == .fourier else { return 256 }
        return Swift.max(64, Swift.min(512, (1 << 25) / Swift.max(1, columns)))
    }

    /// Words of the finished model, at most; nil where it is known only which rows become support
    /// vectors.
    public var modelWords: Int? {
        if mapsRows { return mappedWords }
        return kind == .kernelSVM ? nil : shape.wordCount
    }

    /// Words of a model over features, at most.
    var mappedWords: Int {
        let outputs = Swift.max(1, classes)
        let line =
            isSparse && featureMap == .nystrom ? 2 * Swift.min(columns, storedValues) : columns
        return featureCount * (line + outputs + 1) + outputs
    }
}
