import CLinux
import ControlAPI
import Domain
import Glibc
import TLSTransport
import Transport

/// Looks at what commonly goes wrong on this node; each finding comes with what to do about it.
struct Checkup: Sendable {
    let configuration: Configuration
    let network: PeerNetwork

    /// What matters while the node runs.
    func health(now: Double) -> [Check] {
        [certificate(now: now), revocations(now: now), disk(), load()].compactMap(\.self)
            + network.views.flatMap { [port($0), clock($0)].compactMap(\.self) }
    }

    /// All of that, and what matters before it runs well.
    func doctor(now: Double) -> [Check] {
        [files(), limits(), socket(), worker(), sandbox()] + health(now: now)
    }

    private func check(
        _ name: String,
        _ state: Check.State,
        _ detail: String,
        fix: String? = nil
    ) -> Check {
        Check(name: name, node: configuration.node, state: state, detail: detail, fix: fix)
    }

    /// Whether the files of the configuration would be accepted at the next start or reload.
    private func files() -> Check {
        do throws(IdentityError) {
            let identity = try TLSIdentity(
                files: configuration.tls,
                node: configuration.node,
                cluster: configuration.cluster
            )
            _ = consume identity
            return check("configuration", .ok, "key, certificate and authority are in order")
        } catch {
            return check(
                "configuration",
                .failure,
                "\(error)",
                fix: "mend the file, then 'distmlctl cert reload'"
            )
        }
    }

    private func certificate(now: Double) -> Check {
        let facts = network.context.certificate
        let days = facts.daysLeft(at: Int64(now))
        if days < 1 {
            return check(
                "certificate",
                .failure,
                days < 0 ? "it has expired" : "it expires within a day",
                fix: "certs/renew \(configuration.node), then 'distmlctl cert reload'"
            )
        }
        let isDue = facts.isDueForRenewal(at: Int64(now))
        return check(
            "certificate",
            isDue ? .warning : .ok,
            "\(days) days left",
            fix: isDue ? "certs/renew \(configuration.node), then 'distmlctl cert reload'" : nil
        )
    }

    private func revocations(now: Double) -> Check? {
        guard let end = network.context.revocationsEnd else { return nil }
        let days = (Double(end) - now) / 86_400
        let fix = "certs/crl on the host of the CA, copy crl.pem, then 'distmlctl cert reload'"
        if days < 0 {
            let detail = "the list is out of date, so every peer is refused"
            return check("revocation list", .failure, detail, fix: fix)
        }
        let isDue = days < 7
        return check(
            "revocation list",
            isDue ? .warning : .ok,
            "valid for \(Int(days)) days",
            fix: isDue ? fix : nil
        )
    }

    private func disk() -> Check {
        let folder = configuration.state
        guard let space = diskSpace(of: folder), space.total > 0 else {
            return check("disk", .failure, "\(folder) cannot be looked at", fix: "ls -ld \(folder)")
        }
        let share = Double(space.available) / Double(space.total)
        let detail = "\(space.available >> 20) MiB free below \(folder)"
        let fix = "remove datasets or models ('distmlctl dataset rm'), or enlarge the disk"
        if space.available < 256 << 20 { return check("disk", .failure, detail, fix: fix) }
        if share < 0.1, space.available < 10 << 30 {
            return check("disk", .warning, detail, fix: fix)
        }
        return check("disk", .ok, detail)
    }

    private func load() -> Check {
        let machine = describeMachine(stateDirectory: configuration.state)
        let isBusy = machine.load > 2 * Double(machine.cores)
        let text = "load \((machine.load * 100).rounded() / 100) on \(machine.cores) processors"
        return check(
            "load",
            isBusy ? .warning : .ok,
            text,
            fix: isBusy ? "see what else runs: top" : nil
        )
    }

    private func limits() -> Check {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let isLow = limit.rlim_cur < 1_024
        return check(
            "limits",
            isLow ? .warning : .ok,
            "\(limit.rlim_cur) open files",
            fix: isLow ? "LimitNOFILE=65536 in the unit, or 'ulimit -n 65536'" : nil
        )
    }

    private func socket() -> Check {
        let path = configuration.socket.path
        var status = stat()
        guard stat(path, &status) == 0 else {
            return check("socket", .failure, "\(path) is gone", fix: "restart distmld")
        }
        let mode = String(status.st_mode & 0o777, radix: 8)
        return check("socket", .ok, "\(path), mode 0\(mode)")
    }

    private func worker() -> Check {
        switch configuration.worker.source {
        case .program(let path):
            guard access(path, X_OK) == 0 else {
                return check(
                    "worker",
                    .failure,
                    "\(path): \(systemMessage(errno))",
                    fix: "name distml-worker as 'worker.program' in the configuration"
                )
            }
            return check("worker", .ok, path)
        case .socket(let path):
            guard access(path, W_OK) == 0 else {
                return check(
                    "worker",
                    .failure,
                    "\(path): \(systemMessage(errno))",
                    fix: "systemctl start distml-worker-default.socket"
                )
            }
            return check("worker", .ok, "started by systemd behind \(path)")
        case nil: return check("worker", .ok, "distml-worker beside distmld")
        }
    }

    private func sandbox() -> Check {
        guard configuration.worker.isolation == .confined else {
            return check(
                "sandbox",
                .warning,
                "isolation is none: workers may do whatever this user may",
                fix: "'worker.isolation: confined' in the configuration"
            )
        }
        let version = cl_landlock_version()
        guard version > 0 else {
            // A filter of system calls around the daemon looks much like a kernel without it.
            let isFiltered = errno == EPERM
            return check(
                "sandbox",
                .failure,
                isFiltered
                    ? "something forbids Landlock here, so workers refuse to start"
                    : "this kernel has no Landlock, so workers refuse to start",
                fix: isFiltered
                    ? "allow landlock_create_ruleset and its sisters: in the unit, the container"
                    : "boot with 'lsm=landlock,…', or 'worker.isolation: none'"
            )
        }
        return check("sandbox", .ok, "Landlock \(version), seccomp")
    }

    private func port(_ view: PeerView) -> Check {
        guard view.state != .alive else {
            return check("peer \(view.node)", .ok, "reached at \(view.address)")
        }
        return check(
            "peer \(view.node)",
            view.state == .dead ? .failure : .warning,
            "\(view.state.rawValue): \(view.reason ?? "no reason known")",
            fix: "on \(view.node): 'systemctl status distmld'; between: is \(view.address) open?"
        )
    }

    private func clock(_ view: PeerView) -> Check? {
        guard let offset = view.clockOffset else { return nil }
        let text = "\((offset * 1_000).rounded() / 1_000) s off this node's"
        let fix = "synchronise both clocks: 'timedatectl set-ntp true'"
        // Certificates are judged by the wall clock; nothing else is.
        if abs(offset) > 60 { return check("clock of \(view.node)", .failure, text, fix: fix) }
        if abs(offset) > 1 { return check("clock of \(view.node)", .warning, text, fix: fix) }
        return check("clock of \(view.node)", .ok, text)
    }
}
