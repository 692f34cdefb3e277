import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { Network } from "./network";

/** Where something listens, as a NetworkPolicy needs it; `egressTo` of network.ts makes a rule of it. */
export type Peer = PodPeer | OutsidePeer;

/** Something in the cluster. */
export interface PodPeer {
    /** Namespace that it is in; plain text, so that it is known in a preview. */
    namespace: string;
    /** Labels of its pods. */
    podLabels: Record<string, string>;
    port: number;
    /** A client's pods carry these labels to be let in. */
    clientLabels: Record<string, string>;
}

/** Pods that connect to others, as the policy of those names them. */
export type ClientPeer = Pick<PodPeer, "namespace" | "podLabels">;

/**
 * Something outside of the cluster. A NetworkPolicy knows no host names: what isn't narrowed by `cidrs` is open to any address but
 * those of config/addresses.ts.
 */
export interface OutsidePeer {
    namespace?: undefined;
    /** Addresses that it may have. @default any but those that are never opened */
    cidrs?: string[];
    /** Its host's name, where the network plugin opens that instead of addresses. @default none */
    name?: string;
    port: number;
    /** For the same words everywhere; nothing looks at them. */
    clientLabels: Record<string, string>;
}

/**
 * A handle on a Kubernetes Secret: its name and the keys that it has, never a value. Only names enter chart values and
 * workloads; who needs the Secret in another namespace asks for a copy with `in`.
 */
export class SecretRef<Key extends string = string> {
    private readonly copies = new Map<string, SecretRef<Key>>();
    /** What knows the new contents before a copy has them: a pod that starts in between would be refused. @default nothing */
    after?: pulumi.Resource;

    constructor(
        readonly name: string,
        readonly namespace: string,
        readonly keys: readonly Key[],
        /** The Secret itself, for `dependsOn`. */
        readonly resource: k8s.core.v1.Secret,
        /** Another one when the passwords in it are replaced, so that what has read it is restarted. */
        readonly round: pulumi.Input<string>,
        private readonly contents: Record<string, pulumi.Input<string>>,
    ) {}

    /** Where to find it, for people: names only. */
    get address(): { namespace: string; name: string; keys: readonly Key[] } {
        return { namespace: this.namespace, name: this.name, keys: this.keys };
    }

    /** One of its keys, for a container's environment. The compiler knows which there are. */
    key(key: Key): SecretKeyRef {
        return new SecretKeyRef(this, key);
    }

    /** Contents in another form, to make another Secret of; secret, like the contents. */
    as<T>(make: (contents: Record<Key, string>) => T): pulumi.Output<T> {
        const known = pulumi.all(this.contents) as pulumi.Output<Record<Key, string>>;
        return pulumi.secret(known.apply(make)) as unknown as pulumi.Output<T>;
    }

    /** The same Secret in another namespace; the same copy each time it is asked for. */
    in(namespace: NamespaceRef): SecretRef<Key> {
        if (namespace.name === this.namespace) return this;
        const there = this.copies.get(namespace.name);
        if (there) return there;
        const copy = new k8s.core.v1.Secret(
            `${this.name}.${namespace.name}`,
            {
                metadata: { name: this.name, namespace: namespace.ready, labels: this.resource.metadata.labels },
                type: "Opaque",
                stringData: this.contents,
            },
            { parent: this.resource, ...(this.after ? { dependsOn: [this.after] } : {}) },
        );
        const ref = new SecretRef(this.name, namespace.name, this.keys, copy, this.round, this.contents);
        this.copies.set(namespace.name, ref);
        return ref;
    }
}

/** A Secret as chart values know it. */
export type SecretName = Pick<SecretRef, "name">;

/** One key of a Secret, asked for by `SecretRef.key`: nothing else looks whether the Secret has it. */
export class SecretKeyRef {
    constructor(
        readonly secret: SecretRef,
        private readonly key: string,
    ) {}

    /** The value of an environment variable, by names only. */
    get valueFrom(): k8s.types.input.core.v1.EnvVarSource {
        return { secretKeyRef: { name: this.secret.name, key: this.key } };
    }
}

/** A namespace of the platform: its name as text, known in a preview, and as an output that waits until it is there. */
export interface NamespaceRef {
    name: string;
    ready: pulumi.Output<string>;
}

/** A Secret in one namespace whose key `ca.crt` names the authority to trust. Only that key is ever mounted. */
export interface TrustBundle {
    secretName: string;
    /** What must be there before a pod can mount it. */
    ready: pulumi.Resource;
}

/** A server's certificate: a Secret with the keys `tls.crt`, `tls.key` and `ca.crt`, renewed in place. */
export interface CertificateRef {
    secretName: string;
    ready: pulumi.Resource;
}

/** What a certificate is asked for. */
export interface CertificateRequest {
    namespace: NamespaceRef;
    /** The Service that answers by it; its names inside the cluster are covered, and localhost. */
    service: string;
    /** Further DNS names, wildcards allowed. @default none */
    dnsNames?: string[];
    /** Labels of the Secret. @default none */
    secretLabels?: Record<string, string>;
}

/** Who signs the platform's certificates. Makers: cert-manager with an authority of the platform's own. */
export interface Authority {
    /** The certificate of one server, in the Secret `<name>-tls`. */
    certificate(name: string, request: CertificateRequest): CertificateRef;
    /** What a client in a namespace needs to verify those certificates; the same one each time. */
    trust(namespace: NamespaceRef): TrustBundle;
}

/** Who signs certificates, as cert-manager's objects name it: always a ClusterIssuer. */
export interface Issuer {
    name: pulumi.Input<string>;
    /** What must be there before a certificate is asked for. */
    ready: pulumi.Resource[];
}

/** An operator of the cluster plane, which makes and watches what is declared as objects of its kinds. */
export interface OperatorRef {
    /** Its pods. */
    peer: ClientPeer;
    /** What must be there before an object of its kinds is made; nothing when another stack has seen to it. */
    ready: pulumi.Resource[];
}

/** Scales workloads by what waits for them in a system, whose policies let its pods in. Makers: KEDA. */
export type Autoscaler = OperatorRef;

/** What is there once a cluster. Makers: this stack itself, or another one whose plane this stack shares. */
export interface ClusterPlane {
    issuer: Issuer;
    operators: {
        /** Its webhook is tried where jobs run; nobody lets it in. */
        spark: Pick<OperatorRef, "ready">;
        strimzi: OperatorRef;
        cloudNativePg: OperatorRef;
        keda: Autoscaler;
    };
    /** Namespaces of the operators, by config key; plain text, for NetworkPolicies. */
    namespaces: Record<string, string>;
    /** How this stack's policies name what is no pod; where config narrows the way to the API server, a pod has proven it. */
    network: Network;
    /** What other stacks need that share it; none when it is another stack's itself. */
    output?: pulumi.Input<PlaneOutput>;
}

/** What a stack says of its cluster plane, as its output `clusterPlaneOutput`. Names only. */
export interface PlaneOutput {
    shareable: boolean;
    /** ClusterIssuer that signs the servers' certificates. */
    issuer: string;
    /** Namespaces of the operators that are there, by config key. */
    namespaces: Record<string, string>;
}

/** Has a certificate of the platform's authority, or of a public one. */
export interface Trusted {
    /** What a client in a namespace needs to verify it. None: a public authority, which images know. */
    trust(namespace: NamespaceRef): TrustBundle | undefined;
}

/** S3 storage. Makers: MinIO in the cluster, any S3 that is there already. */
export interface ObjectStore extends Trusted {
    /** URL of the S3 API, as pods reach it; without a slash at its end. */
    endpoint: string;
    region: string;
    /** Whether a bucket stands in the path of an address, and not before the host's name. */
    pathStyle: boolean;
    /** Path at which a client's pod must have the file of `trust`. @default a public authority, which images know */
    caFile?: string;
    /** All that a client must get to, the first of them the store itself; by the same labels. */
    peers: readonly Peer[];
    /** What must be there before a client can work. */
    ready: pulumi.Resource;
    /** The bucket's name in the store. @throws ConfigError for one that isn't declared. */
    bucket(name: string): string;
    /** Credentials of one application, if it has any and no identity. @throws ConfigError for one that no bucket names. */
    credentials(app: string): SecretRef<StoreKey> | undefined;
    /** How the store knows an application that has no credentials. @throws ConfigError for one that no bucket names. */
    identity(app: string): StoreIdentity | undefined;
}

/** An application that is known by the ServiceAccount of its pods: the cluster gives them a token, the cloud a role for it. */
export interface StoreIdentity {
    /** Annotations of those ServiceAccounts: by them the cluster's webhook mounts the token and names the role. */
    annotations: Record<string, string>;
    /** Variables that its pods need besides those of that webhook; none is a secret. */
    env: Record<string, string>;
    /** For whom the token is, as it stands in the webhook's volume. */
    audience: string;
    /** Another one when anything of it changes, so that what has begun as it was is restarted. */
    round: string;
}

/** Keys of the Secret of an application of the object store; `credentials` is both keys as the file of AWS' clients. */
export type StoreKey = "accessKey" | "secretKey" | "credentials";

/** Kafka. Makers: the first-party chart. */
export interface EventStream extends Trusted {
    /** host:port to begin with, reachable inside the cluster. */
    bootstrap: string;
    /** Kafka's security.protocol. */
    protocol: "SASL_SSL";
    /** Kafka's sasl.mechanism. */
    mechanism: "SCRAM-SHA-512";
    peer: Peer;
    /** What must be there before a client can work. */
    ready: pulumi.Resource;
    /** Credentials of one application. @throws ConfigError for one that no topic names. */
    user(app: string): SecretRef<"username" | "password">;
    /** The topic's name. @throws ConfigError for one that isn't declared. */
    topic(name: string): string;
}

/** PostgreSQL, a database and a role per application. Makers: PostgreSQL in the cluster, one that is there already. */
export interface Database extends Trusted {
    host: string;
    port: number;
    peer: Peer;
    /** What must be there before a client can work. */
    ready: pulumi.Resource;
    /** Where a client's pod must have the file of `trust`, because `uri` names it: `caFile`, but for an authority of its own. */
    caFile: string;
    /** How clients look at its certificate, in libpq's words: `uri` says so, and so must who connects otherwise. */
    sslMode: SslMode;
    /**
     * Credentials of one application. `uri`, and `connection` with the same value, are
     * `postgresql://<user>:<password>@<host>:<port>/<database>?sslmode=<sslMode>&sslrootcert=<caFile>`.
     * @throws ConfigError for one that has no database.
     */
    credentials(app: string): SecretRef<DatabaseKey>;
}

/** Certificates are verified, always: with the name of the host (`verify-full`), or without. */
export type SslMode = "verify-full" | "verify-ca";

/** What is in the Secret of a database's user. */
export type DatabaseKey = "host" | "port" | "username" | "password" | "database" | "uri" | "connection";

/** Runs and models. Makers: MLflow in the cluster. */
export interface Tracking extends Trusted {
    /** Tracking URI, reachable inside the cluster. */
    uri: string;
    peer: Peer;
    /** What must be there before a client can work. */
    ready: pulumi.Resource;
    /** Credentials of one application. @throws ConfigError for one that isn't a user. */
    credentials(app: string): SecretRef<"username" | "password">;
}

/** What is declared of a pod that code of others starts. */
export interface PodDeclaration {
    namespace: string;
    serviceAccount: string;
    /** Secrets and claims, as `<secret>/<key>`, `<secret>/*`, `claim:<name>`. */
    reads: pulumi.Input<string>[];
    /** Labels that network policies and Services go by, as `<key>=<value>`. */
    labels: string[];
}

/** The pods of an orchestrator's tasks, in whose code people start further pods. */
export interface WorkerDeclaration {
    pod: PodDeclaration;
    /** The account that makes them, in their namespace. */
    scheduler: string;
    /** The accounts in whose name tasks start declared pods and Spark jobs; in the same namespace. */
    launchers: string[];
}

/**
 * What code of others may start: declared here, held to by the API server. Makers: validating admission policies. Declarations are
 * made while the program is evaluated, and not inside an `apply`.
 */
export interface LaunchRules {
    /** Lets tasks start pods or Spark applications like this one. */
    task(manifest: object): void;
    /** Lets a Spark job's driver start executors like those of this SparkApplication. */
    sparkJob(manifest: object): void;
    /** Lets an orchestrator start its tasks' own pods. */
    worker(declaration: WorkerDeclaration): void;
    /** What must be there before any of that runs. */
    ready: pulumi.Resource[];
}

/** Where Spark jobs run. Makers: the Spark operator. */
export interface SparkRuntime {
    namespace: NamespaceRef;
    /** What drivers, and tasks that run jobs, are held to. */
    rules: LaunchRules;
    /** Full image name with its tag. */
    image: string;
    pullPolicy: string;
    /** Where jobs write their event logs, e.g. `s3a://spark-events/`. */
    eventLog: string;
    /** How policies name the API server, which drivers start their executors by. */
    network: Network;
    /** What must be there before a job can be submitted. */
    ready: pulumi.Resource;
}

/** What runs workloads in their order. Makers: Airflow. */
export interface Orchestrator {
    /** URL of the API and the pages, reachable inside the cluster. */
    url: string;
    peer: Peer;
    ready: pulumi.Resource;
    /** Credentials of the administrator. */
    admin: SecretRef<"username" | "password">;
}

/** Where every pod of ours finds the authority's certificate. */
export const caFile = "/etc/data-platform/ca/ca.crt";

/** Where every server of ours finds its certificate. */
export const tlsDir = "/etc/data-platform/tls";
