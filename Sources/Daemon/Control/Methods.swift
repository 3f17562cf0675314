import ControlAPI
import Domain

/// Who answers which verb of the control socket; a verb that is missing here is refused.
func methodTable(_ services: Services) -> MethodTable {
    var table = MethodTable()
    addNodeMethods(to: &table, services)
    return table
}

/// Cluster, nodes, ring, certificates.
private func addNodeMethods(to table: inout MethodTable, _ services: Services) {
    let (network, directory) = (services.network, services.directory)
    table.add(
        VersionHandler(
            node: services.configuration.node,
            cluster: services.configuration.cluster
        )
    )
    table.add(ClusterStatusHandler(services: services))
    table.add(NamesHandler(services: services))
    table.add(NodeLsHandler(network: network))
    table.add(NodeShowHandler(directory: directory))
    table.add(NodeHealthHandler(directory: directory))
    table.add(RingShowHandler(network: network))
    table.add(RingPingHandler(directory: directory))
    table.add(RingBenchHandler(directory: directory))
    table.add(CertShowHandler(directory: directory))
    table.add(CertReloadHandler(services: services))
    table.add(DoctorHandler(directory: directory))
}
