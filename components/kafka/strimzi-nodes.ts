import { kafka as version } from "../../config/versions";
import { imagePullSecrets } from "../cluster-settings";
import { prefix } from "../labels";
import { safeToEvict, doNotDisrupt, nodesApart, placedByAffinity, Placement, spread } from "../placement";
import { restrictedContainer, restrictedPod } from "../restricted";
import { externalPort, port } from "./brokers";
import { copies, StreamArgs } from "./stream";
import { ContainerResources, KafkaNodePoolSpec, KafkaSpec, Listener, PodTemplate, Probe } from "./strimzi-types";

/** Superuser; no application. */
export const administrator = "admin";

/** Before the name of a Secret that the operator writes for a user, so that it is none of ours. */
export const secretPrefix = "strimzi-";

type NodesArgs = Pick<
    StreamArgs,
    | "nodes"
    | "controllers"
    | "storage"
    | "storageClass"
    | "retain"
    | "heap"
    | "resources"
    | "rack"
    | "metrics"
    | "minInsyncReplicas"
    | "external"
    | "placement"
>;

type External = NonNullable<StreamArgs["external"]>;

/** Nodes of one kind. */
export interface Pool {
    spec: KafkaNodePoolSpec;
    annotations: Record<string, string>;
}

/** The Kafka cluster without its nodes. */
export function kafkaSpec(args: NodesArgs, certificate: string): KafkaSpec {
    const { rack, metrics, placement } = args;
    return {
        kafka: {
            version,
            listeners: [
                listener(certificate),
                ...(args.external ? [externalListener(args.external, certificate)] : []),
            ],
            authorization: { type: "simple", superUsers: [administrator] },
            config: settings(args),
            ...(rack ? { rack: { type: "topology-label", topologyKey: rack.topologyKey } } : {}),
            ...(metrics ? { metricsConfig: { type: "strimziMetricsReporter" } } : {}),
            livenessProbe: probe(15),
            readinessProbe: probe(15),
            // Controllers and brokers together: one pod at a time.
            template: { podDisruptionBudget: { maxUnavailable: 1 } },
        },
        entityOperator: {
            topicOperator: { ...entityOperator },
            userOperator: { ...entityOperator, secretPrefix },
            template: {
                pod: podTemplate(placement, safeToEvict, "5Mi"),
                topicOperatorContainer: {
                    securityContext: restricted,
                    // An object that waits for its operator to let it go would wait for ever once that is gone.
                    env: [{ name: "STRIMZI_USE_FINALIZERS", value: "false" }],
                },
                userOperatorContainer: { securityContext: restricted },
                podDisruptionBudget: { maxUnavailable: 1 },
            },
        },
    };
}

/** The nodes, by the names of their pools. Brokers are controllers too where those have no nodes of their own. */
export function poolSpecs(cluster: string, args: NodesArgs): Record<string, Pool> {
    const { nodes, controllers, storage, heap, resources } = args;
    const pool = (
        name: string,
        roles: KafkaNodePoolSpec["roles"],
        firstId: number,
        of: { nodes: number; storage: string; heap: string; resources: ContainerResources },
    ): Pool => ({
        // Volumes have the node's number in their name: it must be the same one whenever the cluster is made anew.
        annotations: { "strimzi.io/next-node-ids": `[${firstId}-${firstId + 99}]` },
        spec: {
            replicas: of.nodes,
            roles,
            storage: { type: "jbod", volumes: [volume(args, of.storage)] },
            resources: of.resources,
            jvmOptions: { "-Xms": of.heap, "-Xmx": of.heap },
            template: {
                pod: nodeTemplate(cluster, name, of.nodes, args.placement),
                kafkaContainer: { securityContext: restricted },
                // It looks up which zone the broker is in.
                ...(args.rack && roles.includes("broker") ? { initContainer: { securityContext: restricted } } : {}),
            },
        },
    });
    const own = { nodes, storage, heap, resources: plain(resources) };
    if (!controllers) return { brokers: pool("brokers", ["controller", "broker"], 0, own) };
    return {
        brokers: pool("brokers", ["broker"], 0, own),
        controllers: pool("controllers", ["controller"], 100, {
            ...controllers,
            resources: plain(controllers.resources),
        }),
    };
}

/** Names of the platform's certificate for clients outside: the first question's, and those of the brokers. */
export function externalNames({ kind, host }: External): string[] {
    return kind === "loadBalancer" ? [host, `*.${host}`] : [host];
}

/** As clients outside of the cluster have it. What stands before them is the cloud's, or the nodes themselves. */
function externalListener(
    { kind, host, from, className, nodePort, annotations }: External,
    secretName: string,
): Listener {
    const inside = listener(secretName);
    const common = { ...inside, name: "external", port: externalPort };
    if (kind === "nodePort") {
        const bootstrap = { ...(nodePort ? { nodePort } : {}), ...(annotations ? { annotations } : {}) };
        return {
            ...common,
            type: "nodeport",
            configuration: {
                ...inside.configuration,
                // Any node passes it on to the broker, so that one name does for all.
                externalTrafficPolicy: "Cluster",
                ...(Object.keys(bootstrap).length > 0 ? { bootstrap } : {}),
                ...(annotations ? { perBrokerAnnotationsTemplate: annotations } : {}),
                advertisedHostTemplate: host,
            },
        };
    }
    const named = (name: string) => ({ ...annotations, "external-dns.alpha.kubernetes.io/hostname": name });
    const broker = `broker-{nodeId}.${host}`;
    return {
        ...common,
        type: "loadbalancer",
        configuration: {
            ...inside.configuration,
            ...(className ? { class: className } : {}),
            // Only so do the policies see who connects.
            externalTrafficPolicy: "Local",
            loadBalancerSourceRanges: from,
            bootstrap: { annotations: named(host) },
            perBrokerAnnotationsTemplate: named(broker),
            advertisedHostTemplate: broker,
        },
    };
}

function listener(secretName: string): Listener {
    return {
        name: "clients",
        port,
        type: "internal",
        tls: true,
        authentication: { type: "scram-sha-512" },
        // The platform's own CA signs it, so that clients trust one CA for everything.
        configuration: { brokerCertChainAndKey: { secretName, certificate: "tls.crt", key: "tls.key" } },
    };
}

function settings(args: NodesArgs): Record<string, string> {
    const replicas = String(copies(args));
    const inSync = String(args.minInsyncReplicas);
    return {
        "default.replication.factor": replicas,
        "min.insync.replicas": inSync,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": inSync,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": inSync,
        "auto.create.topics.enable": "false",
        // The operator deletes a topic with its object, and objects go with a stack, or when a topic leaves the config.
        "delete.topic.enable": "false",
        ...(args.rack ? { "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector" } : {}),
    };
}

function volume({ storageClass, retain }: NodesArgs, size: string): KafkaNodePoolSpec["storage"]["volumes"][number] {
    return {
        id: 0,
        type: "persistent-claim",
        size,
        ...(storageClass ? { class: storageClass } : {}),
        deleteClaim: !retain,
        kraftMetadata: "shared",
    };
}

function nodeTemplate(cluster: string, pool: string, nodes: number, placement: Placement): PodTemplate {
    const alike = { "strimzi.io/cluster": cluster, "strimzi.io/pool-name": pool };
    const { podAntiAffinity = "preferred" } = placement;
    // One node alone has nobody who stands in for it.
    const [annotations, apart] = nodes > 1 ? [safeToEvict, nodesApart(alike, podAntiAffinity)] : [doNotDisrupt];
    return {
        ...podTemplate(placement, annotations, "16Mi", apart),
        // The images' group is 0; volumes must belong to it.
        securityContext: restrictedPod({ fsGroup: 0 }),
        ...(nodes > 1 ? { topologySpreadConstraints: spread(alike) } : {}),
        // Leaders are handed over before it goes.
        terminationGracePeriodSeconds: 120,
    };
}

function podTemplate(
    placement: Placement,
    annotations: Record<string, string>,
    tmp: string,
    podAntiAffinity?: ReturnType<typeof nodesApart>,
): PodTemplate {
    return {
        metadata: { labels: { [`${prefix}/system`]: "streaming" }, annotations },
        securityContext: restrictedPod(),
        priorityClassName: placement.priorityClassName,
        ...placedByAffinity(placement, podAntiAffinity),
        enableServiceLinks: false,
        ...imagePullSecrets(),
        tmpDirSizeLimit: tmp,
    };
}

function plain({ requests, limits }: StreamArgs["resources"]): ContainerResources {
    return { requests: { ...requests }, limits: { ...limits } };
}

function probe(initialDelaySeconds: number): Probe {
    return { initialDelaySeconds, timeoutSeconds: 5, periodSeconds: 10, failureThreshold: 3 };
}

/** Half of what config/sizing/parts.ts counts for both. */
const entityOperator = {
    resources: { requests: { cpu: "50m", memory: "384Mi" }, limits: { memory: "512Mi" } },
    jvmOptions: { "-Xms": "128m", "-Xmx": "256m" },
    livenessProbe: probe(10),
    readinessProbe: probe(10),
};

/** Of each container, whose pod the operator may give other settings. */
const restricted = restrictedContainer(restrictedPod());
