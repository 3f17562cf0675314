import ControlAPI
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

extension LocalNode {
    /// Runs until SIGTERM or SIGINT; SIGHUP reloads certificates, tenants and the log's level.
    public func runUntilSignal() async throws(StartError) {
        let manager = ServiceManager(environment: environment(["NOTIFY_SOCKET", "WATCHDOG_USEC"]))
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: Serving(node: self, manager: manager)),
                    .init(service: Reloading(node: self, manager: manager)),
                    .init(service: Watchdog(node: self, manager: manager)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: services.log.logger("lifecycle")
            )
        )
        do {
            try await group.run()
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError(cause: .lifecycle("\(error)"))
        }
    }
}

/// The daemon itself.
private struct Serving: Service {
    let node: LocalNode
    let manager: ServiceManager

    func run() async throws {
        try await node.start()
        manager.ready(status: node.status)
        // Throws when the group is cancelled instead; the end is the same.
        try? await gracefulShutdown()
        manager.stopping()
        await node.stop()
    }
}

/// SIGHUP.
private struct Reloading: Service {
    let node: LocalNode
    let manager: ServiceManager

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown()
        for await _ in signals {
            manager.reloading()
            // Why it failed is in the log; what was in use before still is.
            _ = try? node.reload()
            manager.ready(status: node.status)
        }
    }
}

/// Tells systemd that the daemon lives, but only while its loops go round.
private struct Watchdog: Service {
    let node: LocalNode
    let manager: ServiceManager

    func run() async throws {
        let text = environment(["WATCHDOG_USEC"])["WATCHDOG_USEC"] ?? ""
        let microseconds = Int(text) ?? 0
        // Without a watchdog the status line is kept up to date all the same.
        let pause = microseconds > 0 ? Duration.microseconds(microseconds / 3) : .seconds(10)
        await cancelWhenGracefulShutdown {
            var last = await node.heartbeats()
            while !Task.isCancelled {
                try? await Task.sleep(for: max(pause, .milliseconds(1_200)))
                // The catalogue's thread is asked too: a disk that hangs stops the pings.
                let beats = await node.heartbeats()
                if zip(beats, last).allSatisfy({ $0 != $1 }) { manager.ping() }
                last = beats
                manager.status(node.status)
            }
        }
    }
}

extension LocalNode {
    /// One line for `systemctl status`.
    fileprivate var status: String {
        let views = services.network.views
        let alive = views.count { $0.state == .alive } + 1
        return "node \(services.configuration.node): \(alive) of \(views.count + 1) nodes alive"
    }
}

/// The named variables, read once; the program has no other settings there.
private func environment(_ names: [String]) -> [String: String] {
    var values: [String: String] = [:]
    for name in names {
        if let value = getenv(name) { values[name] = String(cString: value) }
    }
    return values
}
