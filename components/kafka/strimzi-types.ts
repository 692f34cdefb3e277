import * as k8s from "@pulumi/kubernetes";

type Plain<T> = T extends object ? { [Key in keyof T]: T[Key] } : T;
type Labels = Record<string, string>;
type Container = { securityContext?: k8s.types.input.core.v1.SecurityContext; env?: { name: string; value: string }[] };

/** Group and version of Strimzi's objects. */
export const apiVersion = "kafka.strimzi.io/v1";

/** A probe's times, in seconds; what it asks is the operator's. */
export interface Probe {
    initialDelaySeconds?: number;
    timeoutSeconds: number;
    periodSeconds?: number;
    failureThreshold?: number;
}

/** Of a container; quantities as Kubernetes has them. */
export interface ContainerResources {
    requests: Record<string, string>;
    limits: Record<string, string>;
}

export interface JvmOptions {
    "-Xms"?: string;
    "-Xmx"?: string;
}

/** The part of a pod that the operator leaves to us. It knows no nodeSelector: that is an affinity. */
export interface PodTemplate {
    metadata?: { labels?: Labels; annotations?: Labels };
    securityContext?: k8s.types.input.core.v1.PodSecurityContext;
    affinity?: Plain<k8s.types.input.core.v1.Affinity>;
    tolerations?: object[];
    topologySpreadConstraints?: object[];
    priorityClassName?: string;
    terminationGracePeriodSeconds?: number;
    enableServiceLinks?: boolean;
    imagePullSecrets?: { name: string }[];
    /** Size of /tmp, which is in memory. */
    tmpDirSizeLimit?: string;
}

export interface Listener {
    /** Lower-case letters and digits, at most 11. */
    name: string;
    /** 9092 or above, and none of the operator's own. */
    port: number;
    type: "internal" | "loadbalancer" | "nodeport";
    tls: boolean;
    authentication: { type: "scram-sha-512" };
    configuration: {
        brokerCertChainAndKey: { secretName: string; certificate: string; key: string };
        class?: string;
        externalTrafficPolicy?: "Local" | "Cluster";
        loadBalancerSourceRanges?: string[];
        bootstrap?: { annotations?: Labels; nodePort?: number };
        /** Names by which clients are sent on, with `{nodeId}` for a broker's number. */
        advertisedHostTemplate?: string;
        perBrokerAnnotationsTemplate?: Labels;
    };
}

export interface KafkaSpec {
    kafka: {
        version: string;
        listeners: Listener[];
        authorization: { type: "simple"; superUsers: string[] };
        config: Record<string, string>;
        rack?: { type: "topology-label"; topologyKey: string };
        metricsConfig?: { type: "strimziMetricsReporter" };
        livenessProbe: Probe;
        readinessProbe: Probe;
        template: { podDisruptionBudget: { maxUnavailable: number } };
    };
    entityOperator: {
        topicOperator: EntityOperator;
        /** Secrets that it writes are named `<secretPrefix><user>`. */
        userOperator: EntityOperator & { secretPrefix: string };
        template: {
            pod: PodTemplate;
            topicOperatorContainer: Container;
            userOperatorContainer: Container;
            podDisruptionBudget: { maxUnavailable: number };
        };
    };
}

export interface EntityOperator {
    resources: ContainerResources;
    jvmOptions: JvmOptions;
    livenessProbe: Probe;
    readinessProbe: Probe;
}

export interface PersistentVolume {
    id: number;
    type: "persistent-claim";
    size: string;
    class?: string;
    /** Delete the volume's claim together with the pool. */
    deleteClaim: boolean;
    /** This volume has the metadata as well. */
    kraftMetadata?: "shared";
}

export interface KafkaNodePoolSpec {
    replicas: number;
    roles: ("controller" | "broker")[];
    storage: { type: "jbod"; volumes: PersistentVolume[] };
    resources: ContainerResources;
    jvmOptions: JvmOptions;
    template: { pod: PodTemplate; kafkaContainer: Container; initContainer?: Container };
}

export interface KafkaTopicSpec {
    /** The topic's real name, which an object couldn't always have. */
    topicName: string;
    partitions: number;
    replicas: number;
    config: Record<string, string>;
}

/** Rights of a user on the resources of this name, or of this prefix. */
export interface Acl {
    resource: { type: "topic" | "group" | "transactionalId"; name: string; patternType: "literal" | "prefix" };
    operations: ("Read" | "Write" | "Describe")[];
}

export interface KafkaUserSpec {
    authentication: { type: "scram-sha-512"; password: { valueFrom: { secretKeyRef: { name: string; key: string } } } };
    /** @default none; a superuser needs none */
    authorization?: { type: "simple"; acls: Acl[] };
}

/** Specs by kind. */
export interface Specs {
    Kafka: KafkaSpec;
    KafkaNodePool: KafkaNodePoolSpec;
    KafkaTopic: KafkaTopicSpec;
    KafkaUser: KafkaUserSpec;
}
