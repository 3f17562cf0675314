import TLSTransport
import Testing

@Suite("Hashes, codes and random bytes")
struct CryptographyTests {
    @Test("SHA-256 gives the digests of FIPS 180-4")
    func digest() {
        #expect(
            hex(sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            hex(sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
    }

    @Test("HMAC-SHA256 gives the codes of RFC 4231")
    func code() {
        #expect(
            hex(
                hmacSHA256(
                    key: Array("Jefe".utf8),
                    message: Array("what do ya want for nothing?".utf8)
                )
            )
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
        let long = [UInt8](repeating: 0xAA, count: 131)
        let text = "Test Using Larger Than Block-Size Key - Hash Key First"
        #expect(
            hex(hmacSHA256(key: long, message: Array(text.utf8)))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        )
    }

    @Test("An empty key is a key of its own")
    func emptyKey() {
        _ = hmacSHA256(key: [1], message: [2])
        #expect(
            hex(hmacSHA256(key: [], message: []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        )
    }

    @Test("Random bytes come in the number asked for and do not repeat")
    func random() {
        #expect(randomBytes(0).isEmpty)
        #expect(randomBytes(32).count == 32)
        #expect(randomBytes(32) != randomBytes(32))
    }

    @Test("Equality looks at lengths and at every byte")
    func equality() {
        #expect(isEqualInConstantTime([1, 2], [1, 2]))
        #expect(isEqualInConstantTime([], []))
        #expect(!isEqualInConstantTime([1, 2], [1, 3]))
        #expect(!isEqualInConstantTime([1, 2], [1, 2, 3]))
    }
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
