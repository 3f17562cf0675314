import Catalog
import ControlAPI
import Domain

/// Merges the logs that all seats of a run keep.
struct RunLogsHandler: StreamHandler {
    typealias M = RunLogs
    let directory: RunDirectory

    func handle(
        _ params: RunLogs.Params,
        for call: ControlCall,
        telling items: ItemSink<RunLogs.Item>
    ) async throws(RPCError) -> RunLogs.Reply {
        var record = try await directory.find(params.run, for: call.caller)
        var told: Set<RunLogLine> = []
        var tail = params.tail
        while true {
            let (lines, missing) = await gather(record, tail: tail)
            tail = nil
            for line in lines where told.insert(line).inserted {
                try await items.send(
                    RunLogs.Item(
                        time: Timestamp(seconds: line.time),
                        node: line.node,
                        level: line.level,
                        text: line.text
                    )
                )
            }
            let isOver = record.status == .ended && !record.isProvisional
            if !params.follow || isOver || Task.isCancelled {
                return RunLogs.Reply(lines: told.count, missing: missing)
            }
            try? await Task.sleep(for: .milliseconds(500))
            record = await directory.refresh(record)
        }
    }

    private func gather(
        _ record: RunRecord,
        tail: Int?
    ) async -> ([RunLogLine], [NodeID]) {
        let found = await withTaskGroup(of: (NodeID, [RunLogLine]?).self) { group in
            for node in record.plan.seats.map(\.node) {
                group.addTask { (node, await ask(node, for: record, tail: tail)) }
            }
            var found: [NodeID: [RunLogLine]?] = [:]
            for await (node, lines) in group { found[node] = lines }
            return found
        }
        let nodes = record.plan.seats.map(\.node)
        let all = nodes.flatMap { (found[$0] ?? nil) ?? [] }.sorted { $0.time < $1.time }
        let missing = nodes.filter { (found[$0] ?? nil) == nil }
        return (tail.map { Array(all.suffix($0)) } ?? all, missing)
    }

    /// The lines that a seat's node has; nil where it does not say.
    private func ask(_ node: NodeID, for record: RunRecord, tail: Int?) async -> [RunLogLine]? {
        let world = directory.supervisor.world
        if node == world.node {
            return await lines(of: record.id, record.tenant, tail, in: world)
        }
        let request = RunLinesCall.Request(tenant: record.tenant, run: record.id, tail: tail)
        return try? await world.network.call(
            RunLinesCall.self,
            request,
            on: node,
            within: .seconds(1)
        ).lines
    }
}
