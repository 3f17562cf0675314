import Domain
import Foundation
import Testing

@testable import Daemon

private func credentials(_ uid: UInt32, _ groups: Set<UInt32> = []) -> PeerCredentials {
    PeerCredentials(uid: uid, groups: groups)
}

@Suite("Who asks")
struct CallerMappingTests {
    @Test("Without a file root and the daemon are operators, the socket's group members")
    func builtIn() {
        let mapping = CallerMapping(group: 50, ownUser: 900)
        #expect(mapping.caller(credentials(0))?.role == .clusterOperator)
        #expect(mapping.caller(credentials(900))?.role == .clusterOperator)
        #expect(mapping.caller(credentials(1_000, [7, 50]))?.role == .member)
        #expect(mapping.caller(credentials(1_001, [7]))?.role == .viewer)
        #expect(mapping.caller(credentials(1_001))?.tenant == .default)
    }

    @Test("A user that a namespace hides is nobody", arguments: [65_534, UInt32.max])
    func hidden(uid: UInt32) {
        #expect(CallerMapping(group: 50, ownUser: 900).caller(credentials(uid, [50])) == nil)
    }

    @Test("The first entry of the file that fits decides, and whoever fits none is nobody")
    func file() throws {
        let text = """
            - {user: "1000", tenant: t1, role: operator}
            - {group: "50", tenant: t2, role: member}
            - {user: "1001", tenant: t1, role: viewer}
            """
        let mapping = try CallerMapping(text: text, file: "f", ownUser: 900)
        let first = Caller(uid: 1_000, tenant: TenantID(checked: "t1"), role: .clusterOperator)
        #expect(mapping.caller(credentials(1_000, [50])) == first)
        let second = Caller(uid: 1_001, tenant: TenantID(checked: "t2"), role: .member)
        #expect(mapping.caller(credentials(1_001, [50])) == second)
        #expect(mapping.caller(credentials(1_002)) == nil)
        #expect(mapping.caller(credentials(900))?.role == .clusterOperator)
    }

    @Test(
        "A mistake is named with its line",
        arguments: [
            ("- {user: root, tenant: default, role: king}", "must be one of viewer"),
            ("- {user: no-such-user-here, tenant: default, role: viewer}", "is not a user here"),
            ("- {group: no-such-group, tenant: default, role: viewer}", "is not a group here"),
            ("- {tenant: default, role: viewer}", "must be given"),
            ("- {user: root, group: root, tenant: default, role: viewer}", "and not both"),
            ("- {user: root, tenant: ../x, role: viewer}", "is no name"),
            ("- {user: root, tennant: x, role: viewer}", "unknown key 'tennant'"),
            ("user: root", "must be a list"),
        ]
    )
    func mistakes(text: String, words: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try CallerMapping(text: text, file: "f", ownUser: 0)
        }
        #expect(error?.line == 1)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test("A bucket lets its rate through, and no more")
    func bucket() {
        var bucket = TokenBucket(perSecond: 10, now: 0)
        for _ in 0..<10 { #expect(bucket.take(at: 0) == nil) }
        #expect(bucket.take(at: 0) == 100_000_000)
        #expect(!bucket.isFull(at: 999_000_000))
        #expect(bucket.take(at: 100_000_000) == nil)
        #expect(bucket.take(at: 100_000_001) != nil)
        #expect(bucket.isFull(at: 2_000_000_000))
        for _ in 0..<10 { #expect(bucket.take(at: 50_000_000_000) == nil) }
        #expect(bucket.take(at: 50_000_000_000) != nil, "a long pause saves up one second only")
    }
}
