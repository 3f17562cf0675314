import ArgumentParser
import ControlAPI
import Domain
import Glibc

/// The command `distmlctl doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what commonly goes wrong, each with a fix.",
        discussion: "Exits with 1 where something does not work, with 3 where no daemon answers."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        var client = try options.connect()
        let daemon = try client.call(Version.self, Empty())
        var checks = [versionCheck(daemon)]
        checks += try client.call(Doctor.self, Empty())
        try options.show(checks, kind: Doctor.kind, CheckPrinter())
        if checks.contains(where: { $0.state == .failure }) { throw ExitCode(1) }
    }

    private func versionCheck(_ daemon: Version.Reply) -> Check {
        let isSame = daemon.version == distmlVersion
        return Check(
            name: "version",
            node: daemon.node,
            state: isSame ? .ok : .warning,
            detail: isSame
                ? distmlVersion
                : "the daemon is \(daemon.version), this program is \(distmlVersion)",
            fix: isSame ? nil : "install the same version of both on this host"
        )
    }
}
