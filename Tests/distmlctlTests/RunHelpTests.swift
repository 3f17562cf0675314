import ArgumentParser
import Domain
import Testing

@testable import distmlctl

@Suite("What the help of a run lists")
struct RunHelpTests {
    private func listed<Job: RunStarting>(_ job: Job.Type) -> Set<String> {
        Set(longOptions(of: job))
    }

    @Test("Options that an algorithm refuses are not listed, and still known")
    func hidden() throws {
        let watching: Set = ["--metric", "--patience"]
        let fitting: Set = ["--model", "--l2"]
        #expect(listed(RunSgdCommand.self).isSuperset(of: watching.union(fitting)))
        for options in [
            listed(RunGdCommand.self), listed(RunLbfgsCommand.self), listed(RunNewtonCommand.self),
        ] {
            #expect(options.isDisjoint(with: watching) && options.isSuperset(of: fitting))
        }
        #expect(listed(RunSvmCommand.self).isDisjoint(with: watching.union(fitting)))
        let known = longOptions(of: RunSvmCommand.self, withHidden: true)
        #expect(Set(known).isSuperset(of: watching.union(fitting)))
    }

    @Test("Who types them all the same is refused by name, by the daemon")
    func taken() throws {
        let gd = try RunGdCommand.parse(["--dataset", "d", "--metric", "f1", "--patience", "3"])
        #expect(gd.spec().metric == .f1 && gd.spec().patience == 3)
        let words = ["--dataset", "d", "--l2", "0.5", "--model", "logistic"]
        let svm = try RunSvmCommand.parse(words).spec()
        #expect(svm.l2 == 0.5 && svm.model == .logistic && svm.algorithm == .svm)
    }

    @Test(
        "A value that is none is answered with what is one",
        arguments: [
            (["svm", "--kernel", "rbf", "--gamma", "nan"], "a finite number above 0, or scale"),
            (["svm", "--kernel", "rbf", "--cache", "much"], "a size, such as 4096"),
            (["sgd", "--lr", "-1"], "--lr=-1"),
            (["sgd", "--lr=inf"], "a finite number above 0, or auto"),
            (["sgd", "--max-time", "soon"], "a time, such as 90s"),
            (["sgd", "--nodes", "0"], "a count of 1 or more"),
            (["sgd", "--threshold", "f2"], "f1, or cost:"),
            (["sgd", "--class-weight", "1"], "such as 1=5,0=1"),
        ] as [([String], String)]
    )
    func values(words: [String], valid: String) throws {
        let ending = try distmlctl(["run"] + words + ["--dataset", "d"])
        #expect(ending.code == 2)
        #expect(ending.errors.contains(valid), "\(ending.errors)")
    }
}
