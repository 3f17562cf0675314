import ControlAPI
import Domain

/// Who answers which verb of the control socket; a verb that is missing here is refused.
func methodTable(_ services: Services) -> MethodTable {
    var table = MethodTable()
    addNodeMethods(to: &table, services)
    addDataMethods(to: &table, services.data)
    addRunMethods(to: &table, services.runs)
    addSweepMethods(to: &table, services)
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

/// Datasets and models.
private func addDataMethods(to table: inout MethodTable, _ data: DataService) {
    table.add(DatasetAddHandler(data: data))
    table.add(DatasetLsHandler(data: data))
    table.add(DatasetShowHandler(data: data))
    table.add(DatasetStatsHandler(data: data))
    table.add(DatasetVerifyHandler(data: data))
    table.add(DatasetRmHandler(data: data))
    table.add(ModelLsHandler(data: data))
    table.add(ModelShowHandler(data: data))
    table.add(ModelEvalHandler(data: data))
    table.add(ModelPredictHandler(data: data))
    table.add(ModelExportHandler(data: data))
    table.add(ModelRmHandler(data: data))
}

/// Runs.
private func addRunMethods(to table: inout MethodTable, _ runs: RunSupervisor) {
    let directory = RunDirectory(supervisor: runs)
    table.add(RunStartHandler(supervisor: runs))
    table.add(RunCheckHandler(supervisor: runs))
    table.add(RunLsHandler(directory: directory))
    table.add(RunShowHandler(directory: directory))
    table.add(RunPlotHandler(directory: directory))
    table.add(RunFollowHandler(directory: directory))
    table.add(RunLogsHandler(directory: directory))
    table.add(RunStopHandler(directory: directory))
    table.add(RunResumeHandler(directory: directory))
    table.add(RunRmHandler(directory: directory))
    table.add(RunDiffHandler(directory: directory))
}

/// Sweeps.
private func addSweepMethods(to table: inout MethodTable, _ services: Services) {
    let keeper = services.sweeps
    let directory = SweepDirectory(keeper: keeper, runs: keeper.directory)
    table.add(SweepStartHandler(keeper: keeper))
    table.add(SweepLsHandler(directory: directory))
    table.add(SweepShowHandler(directory: directory))
    table.add(SweepFollowHandler(directory: directory))
    table.add(SweepStopHandler(directory: directory))
    table.add(SweepResumeHandler(directory: directory))
}
