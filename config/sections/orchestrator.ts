import { z } from "zod";

import { connections as sampleConnections } from "../../workloads/declaration";
import { cidrs } from "../addresses";
import { maxReplicas, resources, rotation } from "../common";
import { argument, gitRef, gitUrl, host, knownHosts, line, relativePath, text } from "../texts";
import { cron, name, port } from "../units";

const dags = z
    .strictObject({
        kind: z
            .enum(["image", "git"])
            .describe("Where DAGs come from: the platform's own image, or a repository that git-sync follows."),
        repo: gitUrl
            .optional()
            .describe(
                "The repository, for kind git: an https:// address without a user (see username), or one of SSH, whose key is credentials `orchestrator.gitKey`.",
            ),
        knownHosts: knownHosts
            .optional()
            .describe(
                "Keys of the repository's server, for SSH: what `ssh-keyscan <host>` prints, compared with what its makers publish.",
            ),
        ref: gitRef.optional().describe("Branch, tag or commit, for kind git. Default main."),
        subPath: relativePath.optional().describe("Folder of the DAGs in it, for kind git. Default: its root."),
        username: argument
            .optional()
            .describe("User of a private repository; the token is credentials `orchestrator.git`."),
    })
    .describe("The DAGs.");

/** Host and port of the DAGs' repository. */
export function repositoryHost({ repo = "" }: Pick<z.infer<typeof dags>, "repo">): { host: string; port: number } {
    // As git's own short form has it: git@github.com:acme/dags.git.
    const short = /^[^/@]+@([^:/]+):/.exec(repo);
    if (short) return { host: short[1], port: 22 };
    const { hostname, port, protocol } = new URL(repo);
    // An IPv6 address stands in brackets there.
    return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "ssh:" ? 22 : 443)) };
}

/** Tells whether git comes to the repository by SSH. */
export function bySsh({ repo = "" }: Pick<z.infer<typeof dags>, "repo">): boolean {
    return repo !== "" && !repo.startsWith("https://");
}

const part = z.strictObject({
    replicas: z.number().int().min(1).max(10).describe("Pods; more than one survives the loss of a node."),
    resources,
});

const connections = z
    .strictObject({
        objectStore: name.optional().describe("As `object_store`, besides the task logs. Default: none."),
        eventStream: name.optional().describe("As `event_stream`. Default: none."),
        tracking: name.optional().describe("As `tracking`. Default: none."),
    })
    .describe("Connections for DAGs of the team's own: by system, the application in whose name.");

/** A name that metrics have as it is, and that fits into Airflow's table. */
const poolName = text(
    "pool",
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
    'must be the name of a pool, such as "powerbi": letters, digits, dots, dashes and underscores, no dot or dash first',
).max(256);

const pools = z.record(
    poolName,
    z.strictObject({
        slots: z
            .number()
            .int()
            .min(1)
            .max(100_000)
            .describe("Tasks that may be queued or run at a time; one may take several by `pool_slots`."),
        description: line.optional().describe("Purpose, for the page of pools. Default: none."),
        includeDeferred: z
            .boolean()
            .optional()
            .describe("Whether tasks that have deferred themselves keep their slots. Default: false."),
    }),
);

const onFailure = z.strictObject({
    host: host.describe("Host of the webhook, to which the way is opened."),
    port: port.optional().describe("Its port. Default: 443."),
    cidrs: cidrs
        .optional()
        .describe(
            "Addresses that it may have, for NetworkPolicies. Default: its own where host is an address, else any but link-local ones and clouds' metadata, on its port.",
        ),
});

export const orchestrator = z
    .strictObject({
        kind: z.literal("airflow").describe("The maker of the orchestrator."),
        rotation,
        dags,
        parallelism: z.number().int().min(1).max(1000).describe("Tasks that one scheduler runs at a time."),
        parsingProcesses: z.number().int().min(1).max(16).describe("DAG files that are parsed at a time."),
        apiServer: part.extend({ maxReplicas }).describe("The API and the pages."),
        scheduler: part.describe("Says which task runs next, and makes its pod."),
        dagProcessor: part.describe("Parses the DAGs."),
        triggerer: part.describe("Waits for tasks that have deferred themselves."),
        worker: z
            .strictObject({
                resources,
                priority: z.enum(["critical", "batch"]).describe("Whether people wait for the tasks."),
            })
            .describe("The pod of each task."),
        connections,
        pools: pools
            .optional()
            .describe(
                "Pools of tasks by <name>: {slots, description, includeDeferred}; `default_pool` too, which has 128 slots otherwise. One that is taken out here stays in Airflow as it is.",
            ),
        onFailure: onFailure
            .optional()
            .describe(
                "A webhook for DAGs that ask for it (`tell_failure`); its https:// address is credentials `orchestrator.webhook`. Default: none.",
            ),
        cleanup: z
            .strictObject({
                keepDays: z
                    .number()
                    .int()
                    .min(1)
                    .max(3650)
                    .describe(
                        "Days that runs, task instances and XComs stay in Airflow's database; older ones are deleted.",
                    ),
                schedule: cron.describe("When, in UTC."),
            })
            .describe("Deletes Airflow's old history, which would grow for ever. The last run of each DAG stays."),
    })
    .describe("Airflow.");

export type OrchestratorConfig = z.infer<typeof orchestrator>;

const sized = (memory: string, limit: string, cpu = "100m") => ({
    replicas: 1,
    resources: { requests: { cpu, memory }, limits: { memory: limit } },
});

export const orchestratorDefaults: OrchestratorConfig = {
    kind: "airflow",
    rotation: 1,
    dags: { kind: "image" },
    parallelism: 32,
    parsingProcesses: 2,
    apiServer: sized("512Mi", "1536Mi"),
    scheduler: sized("512Mi", "1Gi", "200m"),
    dagProcessor: sized("384Mi", "1Gi"),
    triggerer: sized("384Mi", "1Gi"),
    worker: { resources: sized("384Mi", "1Gi").resources, priority: "batch" },
    connections: { objectStore: "airflow", ...sampleConnections },
    cleanup: { keepDays: 90, schedule: "30 3 * * 0" },
};

/** For one small machine: what was measured and little more. */
export const orchestratorSandbox: OrchestratorConfig = {
    ...orchestratorDefaults,
    parallelism: 4,
    parsingProcesses: 1,
    apiServer: sized("352Mi", "1Gi", "100m"),
    scheduler: sized("384Mi", "1Gi", "100m"),
    dagProcessor: sized("272Mi", "1Gi", "50m"),
    triggerer: sized("256Mi", "1Gi", "50m"),
    worker: { resources: sized("320Mi", "1Gi", "50m").resources, priority: "batch" },
};

/** For many users: what a node takes with it is there twice. */
export const orchestratorProd: OrchestratorConfig = {
    ...orchestratorDefaults,
    apiServer: { ...orchestratorDefaults.apiServer, replicas: 2 },
    scheduler: { ...orchestratorDefaults.scheduler, replicas: 2 },
    dagProcessor: { ...orchestratorDefaults.dagProcessor, replicas: 2 },
    triggerer: { ...orchestratorDefaults.triggerer, replicas: 2 },
};

/** The parts of Airflow that run all the time, by their config keys. */
export const orchestratorParts = ["apiServer", "scheduler", "dagProcessor", "triggerer"] as const;

/** The users whose passwords may be given, and the webhook's address, which is as good as one. */
export function orchestratorUsers({ dags, onFailure }: OrchestratorConfig): string[] {
    const git = bySsh(dags) ? "orchestrator.gitKey" : "orchestrator.git";
    return [
        "orchestrator.admin",
        ...(dags.kind === "git" ? [git] : []),
        ...(onFailure ? ["orchestrator.webhook"] : []),
    ];
}
