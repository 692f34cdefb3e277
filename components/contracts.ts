import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Where something listens, as a NetworkPolicy needs it. */
export interface Peer {
    /** Namespace that it is in; plain text, so that it is known in a preview. */
    namespace: string;
    /** Labels of its pods. */
    podLabels: Record<string, string>;
    port: number;
    /** A client's pods carry these labels to be let in. */
    clientLabels: Record<string, string>;
}

/**
 * A handle on a Kubernetes Secret: its name and the keys that it has, never a value. Only names enter chart values and
 * workloads; who needs the Secret in another namespace asks for a copy with `in`.
 */
export class SecretRef<Key extends string = string> {
    private readonly copies = new Map<string, SecretRef<Key>>();

    constructor(
        readonly name: string,
        readonly namespace: string,
        readonly keys: readonly Key[],
        /** The Secret itself, for `dependsOn`. */
        readonly resource: k8s.core.v1.Secret,
        /** Another one when the passwords in it are replaced, so that what has read it is restarted. */
        readonly round: string,
        private readonly contents: Record<string, pulumi.Input<string>>,
    ) {}

    /** Where to find it, for people: names only. */
    get address(): { namespace: string; name: string; keys: readonly Key[] } {
        return { namespace: this.namespace, name: this.name, keys: this.keys };
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
            { parent: this.resource },
        );
        const ref = new SecretRef(this.name, namespace.name, this.keys, copy, this.round, this.contents);
        this.copies.set(namespace.name, ref);
        return ref;
    }
}

/** A namespace of the platform: its name as text, known in a preview, and as an output that waits until it is there. */
export interface NamespaceRef {
    name: string;
    ready: pulumi.Output<string>;
}

/** S3 storage. Makers: MinIO in the cluster. */
export interface ObjectStore {
    /** URL of the S3 API, reachable inside the cluster. */
    endpoint: string;
    region: string;
    peer: Peer;
    /** What must be there before a client can work. */
    ready: pulumi.Resource;
    /** The bucket's name. @throws ConfigError for one that isn't declared. */
    bucket(name: string): string;
    /** Credentials of one application. @throws ConfigError for one that no bucket names. */
    credentials(app: string): SecretRef<"accessKey" | "secretKey">;
}

/** Kafka. Makers: the first-party chart. */
export interface EventStream {
    /** host:port to begin with, reachable inside the cluster. */
    bootstrap: string;
    /** Kafka's security.protocol. */
    protocol: "SASL_PLAINTEXT" | "SASL_SSL";
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
