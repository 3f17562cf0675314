import ArgumentParser
import ControlAPI

/// The command `distmlctl cert reload`.
struct CertReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Read certificate, key and revocation list again; runs go on."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(CertReload.self, Empty(), CertificateReloadPrinter())
    }
}
