import type { Defaults } from "./defaults";
import { small } from "./sizes-small";

/**
 * A stack of a pull request: small, on the cluster add-ons of another stack, with nothing that outlives it. What its namespaces may
 * take follows from what it declares there, and for jobs from what is said here.
 */
export function ephemeralOf(base: Defaults): Defaults {
    return {
        ...base,
        // It makes nothing that belongs to the whole cluster: two of them don't meet, and both go without leaving anything.
        cluster: { mode: "shared", stack: "dev", shareable: false, webhookReplicas: 1 },
        namespaces: {
            ...base.namespaces,
            quotas: {
                storage: { volumes: 2 },
                streaming: { volumes: 2 },
                database: { volumes: 2 },
                tracking: { volumes: 0 },
                orchestration: { volumes: 0 },
                jobs: { cpu: "2", memory: "4Gi", memoryLimit: "8Gi", pods: 20, storage: "10Gi", volumes: 2 },
            },
        },
        ...small(base),
        // It runs when it is asked to; a preview that nobody looks at shouldn't work.
        workloads: { flights: { enabled: true, timeZone: "Etc/UTC", priority: "batch" } },
    };
}
