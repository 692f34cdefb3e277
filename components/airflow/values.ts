import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { OrchestratorConfig } from "../../config/sections/orchestrator";
import * as versions from "../../config/versions";
import { imagePullSecrets } from "../cluster-settings";
import { caFile, NamespaceRef } from "../contracts";
import { identityAnnotations } from "../identity";
import { imageValue } from "../image-value";
import { prefix } from "../labels";
import { safeToEvict, doNotDisrupt, Placements, placementValues, spread } from "../placement";
import {
    Access,
    bundleMount,
    databaseBundle,
    Mounted,
    secretVersions,
    storeBundle,
    storeIdentity,
    Systems,
} from "./access";
import { connectionFiles } from "./connections";
import { databaseFiles, databaseVariables, keyFiles, together } from "./environment";
import { administratorFiles, Part, partFiles, reading, storeVariables } from "./files";
import { gitFiles, gitSync, gitSyncImage } from "./git";
import { databaseCleanup, heartbeat } from "./maintenance";
import { names, podLabels, port, secretNames, tasks, teamTasks, user } from "./names";
import { alive, containerSecurity, jobResources, podSecurity, run } from "./pod";
import { poolVariables } from "./pools";
import { settings } from "./settings";

export interface ValuesArgs extends OrchestratorConfig, Systems {
    namespace: Pick<NamespaceRef, "name">;
    /** Namespace in which tasks start their pods. */
    jobs: Pick<NamespaceRef, "name">;
    images: PlatformConfig["images"];
    /** Nodes and priorities: the parts are servers, the pods of tasks have the priority that the config gives them. */
    placements: Placements;
    /** ConfigMaps with templates of teams' tasks, made by `TaskTemplates`. @default the sample's only */
    templates?: string[];
    /** Address of the pages for people outside, without a path or a slash at its end. @default as the browser came */
    publicUrl?: string;
}

/** Names that only the component knows. */
export interface Made {
    access: Access;
    /** Secret of the API's certificate. */
    certificate: string;
    /** Secret of the platform's CA. */
    authority: string;
    /** Secret of the database's CA, if it has one. */
    databaseAuthority: string | undefined;
    /** Secret of the object store's CA, if it has one. */
    storeAuthority: string | undefined;
    /** The round of Airflow's own passwords. */
    secretVersion: pulumi.Input<string>;
}

/** The API's URL inside the cluster. */
export function apiUrl(name: string, namespace: string): string {
    return `https://${names(name).service}.${namespace}.svc:${port}`;
}

/** Percent of the CPU that pods request, above which there are more of them. */
const targetCpu = 75;

/** Values of Airflow's official chart, pure, so that a test can read them. Secrets go in by name only. */
export function values(name: string, args: ValuesArgs, made: Made): Record<string, unknown> {
    const { images, dags, database, store, worker } = args;
    const ref = imageRef("airflow", images);
    const image = imageValue(ref, images.pullPolicy);
    const secrets = secretNames(name);
    const mounted = volumes(args, made);
    const mounts = mounted.map(({ mount }) => mount);
    const asking = databaseFiles(made.access.database.name);
    const git = gitFiles(dags, secrets.git);
    const beside = {
        image: ref,
        pullPolicy: images.pullPolicy,
        env: asking.env,
        mounts: [...mounts, ...asking.mounted.map(({ mount }) => mount)],
    };
    const job = {
        useHelmHooks: true,
        applyCustomEnv: false,
        labels: database.peer.clientLabels,
        resources: jobResources,
        serviceAccount: { automountServiceAccountToken: false },
        // A migration that is cut off starts anew, and everything waits for it.
        annotations: doNotDisrupt,
        ...placementValues(args.placements.platform),
    };
    const scale = scaling(args);
    const parts = (key: Part, start: string) => part(name, args, made, key, start);
    return {
        airflowVersion: versions.airflow,
        executor: "KubernetesExecutor",
        defaultAirflowRepository: image.repository,
        defaultAirflowTag: image.tag,
        images: {
            airflow: image,
            pod_template: image,
            ...(dags.kind === "git" ? { gitSync: gitSyncImage(images) } : {}),
        },
        ...user,
        securityContexts: { pod: podSecurity(), containers: containerSecurity },
        enableServiceLinks: false,
        ...imagePullSecrets(),
        labels: { [`${prefix}/system`]: "orchestration" },
        airflowPodAnnotations: {
            ...Object.fromEntries(
                Object.entries({ [secrets.keys]: made.secretVersion, ...secretVersions(made.access) }).map(
                    ([each, secretVersion]) => [`${prefix}/rotation-${each}`, secretVersion],
                ),
            ),
            ...identityAnnotations(storeIdentity(args)),
        },
        data: { metadataSecretName: made.access.database.name, brokerUrlSecretName: secrets.keys },
        fernetKeySecretName: secrets.keys,
        apiSecretKeySecretName: secrets.keys,
        jwtSecretName: secrets.keys,
        // A worker has no business in the database, and no use for the keys; the parts that have get variables of their own.
        enableBuiltInSecretEnvVars: {
            AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: false,
            AIRFLOW_CONN_AIRFLOW_DB: false,
            AIRFLOW__CORE__FERNET_KEY: false,
            AIRFLOW__API__SECRET_KEY: false,
            AIRFLOW__API_AUTH__JWT_SECRET: false,
        },
        // The chart's role for it is a worker's, too.
        allowPodLaunching: false,
        volumes: mounted.map(({ volume }) => volume),
        volumeMounts: mounts,
        config: settings(apiUrl(name, args.namespace.name), store.bucket("logs"), args),
        apiServer: {
            ...parts("apiServer", "api-server"),
            // The autoscaler owns the number where there is one: the chart leaves out what is null.
            ...(scale ? { replicas: null, hpa: scale } : {}),
            podAnnotations: safeToEvict,
            // Requests still come for a moment after the pod is told to end: until every node knows that it is gone.
            containerLifecycleHooks: { preStop: { exec: { command: ["sleep", "5"] } } },
            livenessProbe: { ...probe(30, 6), scheme: "HTTPS" },
            readinessProbe: { ...probe(10, 3), scheme: "HTTPS" },
            startupProbe: { ...probe(2, 150), scheme: "HTTPS" },
        },
        scheduler: {
            ...parts("scheduler", "scheduler"),
            safeToEvict: true,
            livenessProbe: { ...probe(60, 5), command: alive("SchedulerJob") },
            // Each run of it is a third of a second of a core, while all parts start; none is there within the first seconds.
            startupProbe: { ...probe(5, 60), initialDelaySeconds: 10, command: alive("SchedulerJob") },
            logGroomerSidecar: { enabled: false },
        },
        dagProcessor: {
            ...parts("dagProcessor", "dag-processor"),
            safeToEvict: true,
            livenessProbe: { ...probe(60, 5), initialDelaySeconds: 60, command: alive("DagProcessorJob") },
            extraContainers: [heartbeat({ ...beside, job: "DagProcessorJob" })],
            logGroomerSidecar: { enabled: false },
            serviceAccount: { automountServiceAccountToken: false, ...accountOf(args).serviceAccount },
        },
        triggerer: {
            // It would serve its logs in the clear otherwise.
            ...parts("triggerer", "triggerer --skip-serve-logs"),
            safeToEvict: true,
            livenessProbe: { ...probe(60, 5), initialDelaySeconds: 60, command: alive("TriggererJob") },
            extraContainers: [heartbeat({ ...beside, job: "TriggererJob" })],
            logGroomerSidecar: { enabled: false },
            // A volume of 100Gi by default, for logs that are in the object store.
            persistence: { enabled: false },
        },
        workers: {
            // The account's name stays what the chart makes of the release's; under workers.kubernetes it would be another one.
            ...accountOf(args),
            kubernetes: {
                resources: worker.resources,
                labels: systemLabels(args, made),
                podAnnotations: doNotDisrupt,
                ...reading(together(connectionFiles(secrets.connections, "all"), storeVariables(args)), git),
                ...placementValues(args.placements[worker.priority]),
            },
        },
        migrateDatabaseJob: {
            ...job,
            args: run("platform_airflow.migrate"),
            ...reading(together(asking, keyFiles(secrets.keys, "fernet-key"))),
        },
        createUserJob: {
            ...job,
            args: run(args.pools ? "platform_airflow.setup" : "platform_airflow.admin"),
            ...reading(together(asking, administratorFiles(secrets.admin), poolVariables(args.pools))),
        },
        databaseCleanup: {
            ...databaseCleanup(args.cleanup, {
                ...args,
                env: databaseVariables(database, made.access.database.name),
            }),
            ...placementValues(args.placements.platform),
        },
        dags: { gitSync: gitSync(dags, git) },
        // Files of a task that runs; what has ended is in the object store.
        logs: { persistence: { enabled: false }, emptyDirConfig: { sizeLimit: "2Gi" } },
        // All of them are the component's own: the chart's are for traffic that comes in only.
        networkPolicies: { enabled: false },
        postgresql: { enabled: false },
        redis: { enabled: false },
        statsd: { enabled: false },
        pgbouncer: { enabled: false },
    };
}

/** Names of the chart's long-running parts, and of their pods. */
const components: Record<Part, string> = {
    apiServer: "api-server",
    scheduler: "scheduler",
    dagProcessor: "dag-processor",
    triggerer: "triggerer",
};

/** Values that all parts have in common. */
function part(name: string, args: ValuesArgs, made: Made, key: Part, start: string): Record<string, unknown> {
    const { replicas, resources } = args[key];
    const several = replicas > 1 || (key === "apiServer" && scaling(args) !== undefined);
    const secrets = secretNames(name);
    return {
        replicas,
        resources,
        ...accountOf(args),
        args: run("platform_airflow.start", start),
        ...reading(
            together(
                databaseFiles(made.access.database.name),
                partFiles(secrets, made.certificate)[key],
                storeVariables(args),
            ),
            // What follows the repository of DAGs is in the pods of those that read them.
            key === "dagProcessor" || key === "triggerer" ? gitFiles(args.dags, secrets.git) : undefined,
        ),
        labels: { ...systemLabels(args, made), ...args.database.peer.clientLabels },
        // One goes when its successor is there: nothing stops, and no more than one pod is there besides.
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        // They wait by themselves (platform_airflow.start), without a container that loads all of Airflow first.
        waitForMigrations: { enabled: false },
        podDisruptionBudget: { enabled: several, config: { maxUnavailable: 1 } },
        topologySpreadConstraints: several ? spread(podLabels(name, components[key])) : [],
        ...placementValues(args.placements.platform),
    };
}

/** The account of pods that use the object store, where that knows them by it. */
function accountOf(args: ValuesArgs): { serviceAccount?: { annotations: Record<string, string> } } {
    const identity = storeIdentity(args);
    return identity ? { serviceAccount: { annotations: identity.annotations } } : {};
}

/** Labels that let the parts and the tasks in to the systems that they use. The chart's jobs use the database only. */
function systemLabels({ store, stream, tracking }: Systems, { access }: Made): Record<string, string> {
    return {
        ...store.peers[0].clientLabels,
        ...(access.stream ? stream.peer.clientLabels : {}),
        ...(access.tracking ? tracking.peer.clientLabels : {}),
    };
}

/** The API's autoscaler, in the chart's words, if there may be more of it than there are at least. */
function scaling({ apiServer: { replicas, maxReplicas = replicas } }: ValuesArgs) {
    if (maxReplicas <= replicas) return undefined;
    const target = { type: "Utilization", averageUtilization: targetCpu };
    return {
        enabled: true,
        minReplicaCount: replicas,
        maxReplicaCount: maxReplicas,
        metrics: [{ type: "Resource", resource: { name: "cpu", target } }],
    };
}

const probe = (periodSeconds: number, failureThreshold: number) => ({
    initialDelaySeconds: 0,
    timeoutSeconds: 20,
    periodSeconds,
    failureThreshold,
});

/** Volumes of every pod of Airflow, workers too. */
function volumes(
    { database, store, templates = [] }: ValuesArgs,
    { authority, databaseAuthority, storeAuthority }: Made,
): Mounted[] {
    return [
        bundleMount("ca", authority, caFile),
        ...databaseBundle(database, databaseAuthority),
        ...storeBundle(store, storeAuthority),
        // The root file system is read-only.
        { volume: { name: "tmp", emptyDir: { sizeLimit: "1Gi" } }, mount: { name: "tmp", mountPath: "/tmp" } },
        {
            volume: { name: "tasks", configMap: { name: tasks.configMap, optional: true } },
            mount: { name: "tasks", mountPath: tasks.directory, readOnly: true },
        },
        ...templates.map((name): Mounted => ({
            volume: { name, configMap: { name, optional: true } },
            mount: { name, mountPath: `${teamTasks}/${name}`, readOnly: true },
        })),
    ];
}
