import Domain
import Foundation
import Testing

@Suite("The notation of networks")
struct NetworkTests {
    @Test(
        "What is read is written again as it was typed",
        arguments: [
            "mlp:256,128", "mlp:64,d0.2,32,tanh", "cnn:32c3,p2,64c3,p2,128", "mlp:8,gelu",
            "cnn:4c1,d0.5,p3",
        ]
    )
    func roundTrip(text: String) throws {
        let spec = try NetworkSpec(text)
        #expect(spec.description == text)
        let coded = try JSONEncoder().encode([spec])
        #expect(try JSONDecoder().decode([NetworkSpec].self, from: coded) == [spec])
    }

    @Test("A name alone stands for the example in the manual")
    func examples() throws {
        #expect(try NetworkSpec("mlp") == NetworkSpec("mlp:256,128,relu"))
        #expect(try NetworkSpec("cnn").description == "cnn:32c3,p2,64c3,p2,128")
    }

    @Test(
        "A layer that is none is refused by its number, with its text and the reason",
        arguments: [
            ("mlp:12,x", "layer 2 'x'"), ("mlp:0", "layer 1 '0'"), ("mlp:", "layer 1 ''"),
            ("cnn:3c4", "layer 1 '3c4': a kernel"), ("cnn:8c3,12,p2", "layer 3 'p2'"),
            ("cnn:p2,8c3", "layer 1 'p2': a pooling follows"), ("mlp:8,d1", "layer 2 'd1.0'"),
            ("cnn:8,9c3", "layer 2 '9c3': a convolution cannot follow"), ("mlp:8,+3", "layer 2"),
            ("mlp:d0.1,8", "layer 1 'd0.1'"), ("mlp:70000", "1 to 65536"),
            ("mlp:99999999999999999999", "layer 1"), ("mlp:8,dnan", "layer 2 'dnan'"),
        ]
    )
    func refused(text: String, part: String) {
        let error = #expect(throws: NetworkSpecError.self) { _ = try NetworkSpec(text) }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }

    @Test(
        "A text that is wrong as a whole is refused with the way out",
        arguments: [
            ("mlp:8c3", "type 'cnn:'"), ("cnn:12", "type 'mlp:'"), ("rnn:3", "begins with"),
            ("mlp:8,relu,tanh", "two activations"),
        ]
    )
    func wrongWhole(text: String, part: String) {
        let error = #expect(throws: NetworkSpecError.self) { _ = try NetworkSpec(text) }
        #expect(error?.layer == nil)
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }

    @Test("The networks of the figures have as many parameters as published")
    func counts() throws {
        let mlp = try NetworkShape(
            NetworkSpec("mlp:256,128"),
            columns: 784,
            image: nil,
            outputs: 10
        )
        #expect(mlp.parameterCount == 235_146)
        let cnn = try NetworkShape(
            NetworkSpec("cnn:32c3,p2,64c3,p2,128"),
            columns: 784,
            image: [28, 28],
            outputs: 10
        )
        #expect(cnn.parameterCount == 421_642)
        #expect(cnn.stages.map(\.output.count) == [25_088, 6_272, 12_544, 3_136, 128, 10])
        #expect(cnn.outputs == 10 && cnn.columns == 784)
    }

    @Test("Parameters tile the vector in the order of the layers")
    func tiles() throws {
        let shape = try NetworkShape(
            NetworkSpec("cnn:3c3,p2,d0.1,5"),
            columns: 32,
            image: [4, 4, 2],
            outputs: 3
        )
        var end = 0
        for stage in shape.stages {
            #expect(stage.weights.lowerBound == end)
            #expect(stage.biases.lowerBound == stage.weights.upperBound)
            end = stage.biases.upperBound
        }
        #expect(end == 3 * 3 * 3 * 2 + 3 + 5 * 12 + 5 + 3 * 5 + 3)
    }

    @Test("An image that is too small is refused by the layer that it is too small for")
    func tooSmall() throws {
        let spec = try NetworkSpec("cnn:2c3,p2,p2,p2")
        let error = #expect(throws: NetworkSpecError.self) {
            _ = try NetworkShape(spec, columns: 24, image: [4, 6], outputs: 2)
        }
        #expect(error?.description == "layer 4 'p2': the image is only 1 × 1 there")
    }

    @Test("A convolution on rows that are no images is refused", arguments: [nil, [3, 4], [12]])
    func noImages(image: [Int]?) throws {
        let spec = try NetworkSpec("cnn:2c3")
        let error = #expect(throws: NetworkSpecError.self) {
            _ = try NetworkShape(spec, columns: 13, image: image, outputs: 2)
        }
        #expect(error?.description.contains("needs images") == true)
    }
}
