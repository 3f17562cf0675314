import Datasets
import Learning
import LinearAlgebra
import Training
import Wire
import WorkerLink

extension WorkerFailure {
    /// The seam broke under the job.
    init(_ error: WorkerError) { self.init(code: "seam", message: "\(error)") }

    /// The job cannot be read: daemon and worker are of different versions.
    init(_ error: WireError) {
        self.init(code: "bad_job", message: "the job cannot be read: \(error)")
    }

    /// Training did not come to an end.
    init(_ error: TrainingError) {
        let code =
            switch error {
            case .learning(.reducer): "ring"
            case .learning(.rows): "data_corrupt"
            case .learning(.kernelNotFinite): "kernel_not_finite"
            case .parametersDiffer: "parameters_differ"
            case .foreignCheckpoint: "foreign_checkpoint"
            case .noRows: "empty_dataset"
            case .unsupported: "unsupported"
            case .fewRows: "few_rows"
            case .rowsStay: "rows_stay"
            }
        self.init(code: code, message: "\(error)")
    }
}

/// Runs `body`, which speaks over the seam.
func overSeam<Value: ~Copyable>(
    _ body: () throws(WorkerError) -> Value
) throws(WorkerFailure) -> Value {
    do { return try body() } catch { throw WorkerFailure(error) }
}

/// Runs `body`, which reads what crossed the seam.
func reading<Value: ~Copyable>(
    _ body: () throws(WireError) -> Value
) throws(WorkerFailure) -> Value {
    do { return try body() } catch { throw WorkerFailure(error) }
}

/// Runs `body`, which reads or writes data.
func data<Value>(_ body: () throws(DatasetError) -> Value) throws(WorkerFailure) -> Value {
    do { return try body() } catch { throw WorkerFailure(error) }
}

/// Runs `body`, which reads rows that are stored.
func rowsRead<Value>(_ body: () throws(RowSourceError) -> Value) throws(WorkerFailure) -> Value {
    do { return try body() } catch {
        throw WorkerFailure(code: DatasetError.Code.dataCorrupt.rawValue, message: "\(error)")
    }
}
