import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { passwordRules } from "./credentials";
import { Problem } from "./errors";
import { digestRules } from "./image-digests";
import { Plain } from "./merge";
import { PlatformConfig, Resources } from "./schema";
import { quotaRules } from "./sizing";
import { certificatesRules } from "./sections/certificates";
import { chartRules } from "./sections/charts";
import { clusterRules } from "./sections/cluster";
import { databaseRules, databaseUsers } from "./sections/database";
import { eventStreamRules } from "./sections/event-stream";
import { ingressRules } from "./sections/ingress";
import { kubernetesRules } from "./sections/kubernetes";
import { objectStoreRules, objectStoreUsers } from "./sections/object-store";
import { identified } from "./sections/object-store-external";
import { orchestratorParts, orchestratorRules, orchestratorUsers } from "./sections/orchestrator";
import { trackingRules, trackingUsers } from "./sections/tracking";
import { flightsWired } from "./sections/workloads";
import { quantity } from "./units";

/** A rule over the whole config: what can't be said by the type of one key. `given` is what the stack file says itself. */
type Rule = (config: PlatformConfig, given: Plain) => Problem[];

const problem = (when: boolean, key: string, message: string): Problem[] => (when ? [{ key, message }] : []);

const duplicates =
    (key: string, names: (config: PlatformConfig) => string[]): Rule =>
    (config) =>
        names(config).flatMap((name, index, all) =>
            problem(
                all.indexOf(name) !== index,
                `${key}[${index}].name`,
                `"${name}" is there twice; each name may be given once`,
            ),
        );

const requestsWithinLimits =
    (key: string, of: (config: PlatformConfig) => Resources): Rule =>
    (config) => {
        const { requests, limits } = of(config);
        return [
            ...problem(
                quantity(requests.memory) > quantity(limits.memory),
                `${key}.requests.memory`,
                `${requests.memory} is more than the limit ${limits.memory}; lower it or raise ${key}.limits.memory`,
            ),
            ...problem(
                limits.cpu !== undefined && quantity(requests.cpu) > quantity(limits.cpu),
                `${key}.requests.cpu`,
                `${requests.cpu} is more than the limit ${limits.cpu}; lower it or raise ${key}.limits.cpu`,
            ),
        ];
    };

const chartsThere: Rule = ({ charts }) =>
    Object.entries(charts).flatMap(([chart, source]) =>
        problem(
            source.startsWith("./") && !existsSync(resolve(__dirname, "..", source, "Chart.yaml")),
            `charts.${chart}`,
            `there is no chart in ${source} (a directory with a Chart.yaml, relative to the project)${
                source.startsWith("./.sandbox/") ? "; the sandbox prepares it: make sandbox" : ""
            }`,
        ),
    );

const prodKeeps: Rule = ({ profile, protect, objectStore, eventStream, database }) =>
    profile !== "prod"
        ? []
        : [
              ...problem(
                  database.kind === "postgresql",
                  "database.kind",
                  "may not be postgresql with profile prod: one server, and with its node everything stands still; use cloudnativepg, or external",
              ),
              ...problem(
                  objectStore.kind === "minio" && !objectStore.retain,
                  "objectStore.retain",
                  "must be true with profile prod: a destroy would delete the data",
              ),
              ...problem(
                  !eventStream.retain,
                  "eventStream.retain",
                  "must be true with profile prod: a destroy would delete the data",
              ),
              ...problem(
                  database.kind !== "external" && !database.retain,
                  "database.retain",
                  "must be true with profile prod: a destroy would delete the data",
              ),
              ...problem(
                  !protect,
                  "protect",
                  "must be true with profile prod; to take such a stack down, `pulumi state unprotect` names each thing on purpose",
              ),
          ];

/** A stack that goes by itself may neither keep anything nor have what others need. */
const ephemeralGoes: Rule = ({ profile, protect, objectStore, eventStream, database, cluster }) =>
    profile !== "ephemeral"
        ? []
        : [
              ...Object.entries({ objectStore, eventStream, database }).flatMap(([key, { retain }]) =>
                  problem(
                      retain,
                      `${key}.retain`,
                      "must be false with profile ephemeral: such a stack is destroyed when its time is over, and nothing of it may stay",
                  ),
              ),
              ...problem(
                  protect,
                  "protect",
                  "must be false with profile ephemeral: such a stack is destroyed when its time is over, without anybody to ask",
              ),
              ...problem(
                  cluster.mode === "install",
                  "cluster.mode",
                  "must be shared with profile ephemeral: with the stack, what all others on the cluster need would go; name the stack that has the cluster plane in cluster.stack",
              ),
          ];

/** Every user whose password a stack may give, as keys of `credentials`. */
export function passwordUsers({
    objectStore,
    eventStream,
    database,
    tracking,
    orchestrator,
}: Pick<PlatformConfig, "objectStore" | "eventStream" | "database" | "tracking" | "orchestrator">): string[] {
    const users = new Set([
        ...objectStoreUsers(objectStore),
        "eventStream.admin",
        // Strimzi's brokers know each other by certificates.
        ...(eventStream.kind === "kafka" ? ["eventStream.broker"] : []),
        ...eventStream.topics.flatMap(({ producers, consumers }) =>
            [...producers, ...consumers].map((app) => `eventStream.${app}`),
        ),
        ...databaseUsers(database),
        ...orchestratorUsers(orchestrator),
        ...trackingUsers(tracking),
    ]);
    return [...users].sort();
}

const credentialsUsed: Rule = (config) => {
    // An application with both an identity and a key is told so by its own rule.
    const identities = identified(config.objectStore).flatMap((app) => [
        `objectStore.${app}`,
        `objectStore.${app}.accessKey`,
    ]);
    const users = [...passwordUsers(config), ...identities];
    return Object.keys(config.credentials ?? {}).flatMap((key) =>
        problem(!users.includes(key), `credentials["${key}"]`, `names no user; there are ${users.join(", ")}`),
    );
};

/** All rules, in the order in which their problems are told. */
export const rules: Rule[] = [
    duplicates("objectStore.buckets", ({ objectStore }) => objectStore.buckets.map(({ name }) => name)),
    duplicates("eventStream.topics", ({ eventStream }) => eventStream.topics.map(({ name }) => name)),
    duplicates("tracking.users", ({ tracking }) => tracking.users.map(({ name }) => name)),
    requestsWithinLimits("objectStore.resources", ({ objectStore }) => objectStore.resources),
    requestsWithinLimits("eventStream.resources", ({ eventStream }) => eventStream.resources),
    requestsWithinLimits("database.resources", ({ database }) => database.resources),
    requestsWithinLimits("tracking.resources", ({ tracking }) => tracking.resources),
    requestsWithinLimits("spark.operator.resources", ({ spark }) => spark.operator.resources),
    requestsWithinLimits("spark.historyServer.resources", ({ spark }) => spark.historyServer.resources),
    ...eventStreamRules,
    objectStoreRules,
    clusterRules,
    kubernetesRules,
    chartRules,
    digestRules,
    ingressRules,
    quotaRules,
    chartsThere,
    prodKeeps,
    ephemeralGoes,
    flightsWired,
    certificatesRules,
    ...databaseRules,
    ...orchestratorParts.map((part) =>
        requestsWithinLimits(`orchestrator.${part}.resources`, ({ orchestrator }) => orchestrator[part].resources),
    ),
    requestsWithinLimits("orchestrator.worker.resources", ({ orchestrator }) => orchestrator.worker.resources),
    ...orchestratorRules,
    ...trackingRules,
    credentialsUsed,
    passwordRules,
];
