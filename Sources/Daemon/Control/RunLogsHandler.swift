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
        let world = directory.supervisor.world
        var all: [RunLogLine] = []
        var missing: [NodeID] = []
        for node in record.plan.seats.map(\.node) {
            if node == world.node {
                all += await lines(of: record.id, record.tenant, tail, in: world)
                continue
            }
            let request = RunLinesCall.Request(
                tenant: record.tenant,
                run: record.id,
                tail: tail
            )
            let reply = try? await world.network.call(
                RunLinesCall.self,
                request,
                on: node,
                within: .seconds(3)
            )
            if let reply { all += reply.lines } else { missing.append(node) }
        }
        all.sort { $0.time < $1.time }
        return (tail.map { Array(all.suffix($0)) } ?? all, missing)
    }
}
