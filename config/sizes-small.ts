import type { Defaults } from "./defaults";
import { orchestratorSandbox } from "./sections/orchestrator";

type Sized = Pick<Defaults, "objectStore" | "eventStream" | "database" | "orchestrator" | "tracking">;

/** One server of each kind in its light form, with what the measured working sets need and little more. */
export function small(base: Defaults): Sized {
    return {
        objectStore: {
            ...base.objectStore,
            storage: "5Gi",
            resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "1Gi" } },
        },
        // One chart, no operator.
        eventStream: {
            ...base.eventStream,
            kind: "kafka",
            storage: "5Gi",
            heap: "384m",
            resources: { requests: { cpu: "100m", memory: "640Mi" }, limits: { memory: "1Gi" } },
        },
        database: {
            ...base.database,
            storage: "5Gi",
            resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        },
        orchestrator: orchestratorSandbox,
        tracking: {
            ...base.tracking,
            resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "1Gi" } },
        },
    };
}
