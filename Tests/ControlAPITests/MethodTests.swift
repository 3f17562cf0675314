import ControlAPI
import Domain
import JSONRPC
import Testing

@Suite("The verbs of the control interface")
struct MethodTests {
    @Test("Every name is one lower-case noun and verb, and is used once")
    func names() {
        let names = allMethods.map { $0.name }
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.wholeMatch(of: /[a-z]+(\.[a-z]+)?/) != nil, "\(name)")
        }
    }

    @Test(
        "A type is called as its wire name says",
        arguments: allMethods.map { ($0.name, "\($0)") }
    )
    func typeNames(name: String, type: String) {
        #expect(name.split(separator: ".").map(\.capitalized).joined() == type)
    }

    @Test("What changes something needs more than a viewer")
    func roles() {
        let writing = [
            "dataset.add", "dataset.rm", "run.start", "run.stop", "run.resume", "run.rm",
            "cert.reload", "sweep.start", "sweep.stop", "sweep.resume", "model.rm",
        ]
        for method in allMethods where writing.contains(method.name) {
            #expect(method.role > .viewer, "\(method.name)")
        }
    }

    @Test("Exactly the verbs that take files expect descriptors")
    func descriptors() {
        let taking = allMethods.filter { $0.descriptors != 0...0 }.map { $0.name }
        #expect(taking == ["dataset.add", "model.predict", "model.export"])
        #expect(allMethods.allSatisfy { $0.descriptors.upperBound <= 16 })
    }

    @Test("Streams are those that have items")
    func streams() {
        let streams = allMethods.filter { $0.isStream }.map { $0.name }
        #expect(streams == ["dataset.add", "run.follow", "run.logs", "sweep.follow"])
    }

    @Test("Kinds are those of the promise")
    func kinds() {
        #expect(RunShow.kind == "run")
        #expect(RunFollow.kind == "run")
        #expect(DatasetShow.kind == "dataset show")
        #expect(ModelEval.kind == "model eval")
        #expect(NodeLs.kind == "node ls")
        #expect(RingBench.kind == "ring bench")
    }
}

extension StringProtocol {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
