import ControlAPI
import Domain

/// Prints `cert show`.
struct CertificateListPrinter: ListPrinter {
    let emptyNote = "no certificate is known"

    func table(_ certificates: [CertificateDocument], on terminal: Terminal) -> Table {
        var table = Table([
            .init("NODE"), .init("LEFT", right: true), .init("UNTIL", dispensable: 1),
            .init("IDENTITY", shrinksTo: 16, dispensable: 2),
            .init("SERIAL", shrinksTo: 8, dispensable: 4),
            .init("ISSUER", shrinksTo: 8, dispensable: 3),
        ])
        for certificate in certificates {
            table.add([
                .init(certificate.node.text),
                .init(
                    days(certificate.certificateDays),
                    color(ofDays: certificate.certificateDays)
                ),
                .init(localTime(certificate.notAfter)), .init(certificate.subject),
                .init(certificate.serial), .init(certificate.issuer),
            ])
        }
        return table
    }

    func name(_ certificate: CertificateDocument) -> String { certificate.node.text }
}

/// Prints `cert reload`.
struct CertificateReloadPrinter: SheetPrinter {
    func sheet(_ reply: CertReload.Reply, on terminal: Terminal) -> Sheet {
        var sheet = Sheet()
        sheet.add("Node", reply.certificate.node.text)
        sheet.add("Certificate", reply.changed ? "a new one is in force" : "the same as before")
        sheet.add("Identity", reply.certificate.subject)
        sheet.add("Serial", reply.certificate.serial)
        sheet.add("Until", localTime(reply.certificate.notAfter))
        sheet.add(
            "Left",
            days(reply.certificate.certificateDays),
            color(ofDays: reply.certificate.certificateDays)
        )
        return sheet
    }

    func names(_ reply: CertReload.Reply) -> [String] { [reply.certificate.serial] }
}
