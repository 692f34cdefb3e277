import { PlatformConfig } from "../../../config/schema";
import { controllerOf, hasHosts } from "../../../config/sections/ingress";
import { apiServerNarrowed } from "../../../config/sections/kubernetes";
import { egressSystem } from "../../../config/sections/egress";
import { stsAddress } from "../../../config/object-store";

/** A stack, as conditions see it. */
export interface Stack {
    config: PlatformConfig;
    /** Kinds of objects that it makes. */
    kinds: ReadonlySet<string>;
    /** Systems that it has namespaces of. */
    systems: ReadonlySet<string>;
}

/** Condition of the config under which a connection is needed. */
export interface Condition {
    /** In the words of the config. */
    text: string;
    holds: (stack: Stack) => boolean;
}

const when = (text: string, holds: (config: PlatformConfig, kinds: Stack["kinds"]) => boolean): Condition => ({
    text,
    holds: ({ config, kinds }) => holds(config, kinds),
});
export const both = (one: Condition, other: Condition): Condition => ({
    text: `${one.text}, ${other.text}`,
    holds: (stack) => one.holds(stack) && other.holds(stack),
});

export const withNamedHosts: Condition = {
    text: "a workload names a host",
    holds: ({ systems }) => systems.has(egressSystem),
};
export const installed = when("cluster.mode install", ({ cluster }) => cluster.mode === "install");
export const withStrimzi = when("eventStream.kind strimzi", ({ eventStream }) => eventStream.kind === "strimzi");
export const strimziInstalled = both(
    installed,
    when("eventStream.kind strimzi or cluster.shareable", (config) => config.cluster.shareable || usesStrimzi(config)),
);
export const withExternalKafka = both(
    withStrimzi,
    when("eventStream.external", ({ eventStream }) => eventStream.external !== undefined),
);
export const withKafka = when("eventStream.kind kafka", (config) => !usesStrimzi(config));
export const withCloudNativePg = when("database.kind cloudnativepg", usesCloudNativePg);
export const cloudNativePgInstalled = both(
    installed,
    when(
        "database.kind cloudnativepg or cluster.shareable",
        (config) => config.cluster.shareable || usesCloudNativePg(config),
    ),
);
export const withPostgresql = when("database.kind postgresql", ({ database }) => database.kind === "postgresql");
export const outside = when("database.kind external", ({ database }) => database.kind === "external");
export const withKeda = both(
    installed,
    when("autoscaling.keda", ({ autoscaling }) => autoscaling.keda),
);
export const withMinio = when("objectStore.kind minio", ({ objectStore }) => objectStore.kind === "minio");
export const storeOutside = when("objectStore.kind external", ({ objectStore }) => objectStore.kind === "external");
export const withTokenService = when(
    "objectStore.external.serviceAccountAnnotations",
    ({ objectStore }) => objectStore.kind === "external" && stsAddress(objectStore) !== undefined,
);
export const distributed = both(
    withMinio,
    when("objectStore.nodes over 1", ({ objectStore }) => objectStore.nodes > 1),
);
export const fromGit = when("orchestrator.dags.kind git", ({ orchestrator }) => orchestrator.dags.kind === "git");
export const tellsFailures = when("orchestrator.onFailure", ({ orchestrator }) => orchestrator.onFailure !== undefined);
export const hosted = (host: keyof PlatformConfig["ingress"]["hosts"]) =>
    when(`ingress.hosts.${host}`, ({ ingress }) => ingress.hosts[host] !== undefined);
export const withIssuer = when("ingress.issuer", ({ ingress }) => ingress.issuer !== undefined);
export const withIssuerByIngress = both(
    withIssuer,
    when("Ingresses", ({ ingress }) => ingress.gateway === undefined),
);
export const withCaCopies = when(
    "hosts with ingress.gateway, or ingress.controller haproxy or openshift",
    ({ ingress }) =>
        hasHosts(ingress) &&
        (ingress.gateway !== undefined || ["haproxy", "openshift"].includes(controllerOf(ingress) ?? "")),
);
export const narrowed = when(
    "kubernetes.apiServer, or networkPlugin cilium",
    ({ kubernetes }) => apiServerNarrowed(kubernetes) !== undefined,
);
export const withDnsAddresses = when(
    "kubernetes.dns.addresses",
    ({ kubernetes }) => kubernetes.dns?.addresses !== undefined,
);
export const fromAddresses = when("ingress.from", ({ ingress }) => ingress.from !== undefined);
export const withMetrics = when("eventStream.metrics", ({ eventStream }) => eventStream.metrics);
export const sparkJobs = when(
    "a Spark job",
    ({ workloads }, kinds) => workloads.flights.enabled || kinds.has("SparkApplication"),
);

function usesStrimzi({ eventStream }: PlatformConfig): boolean {
    return eventStream.kind === "strimzi";
}

function usesCloudNativePg({ database }: PlatformConfig): boolean {
    return database.kind === "cloudnativepg";
}
