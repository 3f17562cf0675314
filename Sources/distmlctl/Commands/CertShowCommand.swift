import ArgumentParser
import ControlAPI

/// The command `distmlctl cert show`.
struct CertShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the certificates and how long they last."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.ask(CertShow.self, Empty(), CertificateListPrinter())
    }
}
