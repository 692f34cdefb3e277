import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../config/images";
import { EventStreamConfig, PlatformConfig } from "../config/schema";
import { Authority, EventStream, NamespaceRef, Peer, SecretRef, TrustBundle } from "./contracts";
import { imageValue } from "./image-value";
import { prefix, usesLabel } from "./labels";
import { stackLabel } from "./namespace";
import { release } from "./release";
import { ownPasswords, roundOf } from "./rotation";
import { passwordSecret } from "./secrets";
import { undeclared } from "./undeclared";

export interface KafkaArgs extends EventStreamConfig {
    /** Namespace that the brokers live in; must allow `restricted` pods. */
    namespace: NamespaceRef;
    /** The chart's directory or `oci://` address. */
    chart: string;
    images: PlatformConfig["images"];
    /** Signs the brokers' certificate. */
    authority: Authority;
    /** Passwords of the team's own, by `eventStream.<user>`. @default generated */
    credentials?: Record<string, string>;
    /** Refuse to delete the brokers. @default false */
    protect?: boolean;
}

/** Port of the clients' listener. */
const port = 9093;

/**
 * Kafka without an operator: combined broker and controller nodes in KRaft mode, one SCRAM user per application with access
 * to its topics only, topics made by a job.
 *
 * For clusters that reach no chart repository; one chart, nothing cluster-wide.
 */
export class Kafka extends pulumi.ComponentResource implements EventStream {
    readonly bootstrap: string;
    readonly protocol = "SASL_SSL";
    readonly mechanism = "SCRAM-SHA-512";
    readonly peer: Peer;
    readonly ready: pulumi.Resource;
    /** Passwords of the administrator and of the brokers among themselves. */
    readonly admin: SecretRef<"admin" | "broker">;

    private readonly authority: Authority;
    private readonly topics: string[];
    private readonly users: Record<string, SecretRef<"username" | "password">>;

    constructor(name: string, args: KafkaArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:streaming:Kafka", name, {}, opts);
        const child = { parent: this };
        const { namespace, authority, credentials = {}, rotation } = args;
        const round = roundOf(rotation, ownPasswords(credentials, "eventStream"));

        const common = { namespace, component: "streaming", rotation, round };

        this.admin = passwordSecret(
            `${name}-admin`,
            {
                ...common,
                plain: {},
                passwords: { admin: credentials["eventStream.admin"], broker: credentials["eventStream.broker"] },
            },
            child,
        );
        this.users = Object.fromEntries(
            applications(args).map((app) => [
                app,
                passwordSecret(
                    `${name}-user-${app}`,
                    { ...common, plain: { username: app }, passwords: { password: credentials[`eventStream.${app}`] } },
                    child,
                ),
            ]),
        );
        const secrets = [this.admin, ...Object.values(this.users)].map(({ resource }) => resource);
        const certificate = authority.certificate(name, {
            namespace,
            service: name,
            dnsNames: nodeNames(name, namespace),
        });
        const trust = authority.trust(namespace);

        this.ready = release(
            name,
            {
                chart: args.chart,
                namespace: namespace.ready,
                values: values(name, args, { certificate: certificate.secretName, authority: trust.secretName }),
            },
            { ...child, dependsOn: [...secrets, certificate.ready, trust.ready], protect: args.protect },
        );

        this.bootstrap = `${name}.${namespace.name}.svc:${port}`;
        this.peer = {
            namespace: namespace.name,
            podLabels: { "app.kubernetes.io/name": "kafka", "app.kubernetes.io/instance": name },
            port,
            clientLabels: usesLabel(name),
        };
        this.authority = authority;
        this.topics = args.topics.map((topic) => topic.name);
        this.registerOutputs({ bootstrap: this.bootstrap });
    }

    trust(namespace: NamespaceRef): TrustBundle {
        return this.authority.trust(namespace);
    }

    topic(name: string): string {
        if (this.topics.includes(name)) return name;
        throw undeclared("eventStream.topics", `has no topic "${name}"`, this.topics);
    }

    user(app: string): SecretRef<"username" | "password"> {
        if (app in this.users) return this.users[app];
        throw undeclared("eventStream.topics", `no topic names the application "${app}"`, Object.keys(this.users));
    }
}

/** The names of the single nodes, which clients are sent to after the first question. */
function nodeNames(name: string, namespace: NamespaceRef): string[] {
    const nodes = `*.${name}-nodes.${namespace.name}.svc`;
    return [nodes, `${nodes}.cluster.local`];
}

/** The applications that some topic names, each once. */
export function applications({ topics }: Pick<KafkaArgs, "topics">): string[] {
    return [...new Set(topics.flatMap(({ producers, consumers }) => [...producers, ...consumers]))].sort();
}

/**
 * The Kafka cluster's own id, 22 characters. It follows from the stack and the name, because a kept volume carries it: a stack
 * that is made anew must find its data again.
 */
export function clusterId(project: string, stack: string, name: string): string {
    const id = createHash("sha256").update([project, stack, name].join("/")).digest().subarray(0, 16);
    // Kafka's own ids never begin with a dash, which its tools would take for an option.
    id[0] &= 0x7f;
    return id.toString("base64url");
}

/** Chart values, pure, so that a test can read them. Secrets go in by name only. */
export function values(
    name: string,
    args: Omit<KafkaArgs, "namespace" | "authority">,
    tls: { certificate: string; authority: string },
): Record<string, unknown> {
    const {
        topics,
        nodes,
        images,
        resources,
        storage,
        storageClass,
        retain,
        rotation,
        credentials,
        minInsyncReplicas,
    } = args;
    const copies = Math.min(3, nodes);
    return {
        image: imageValue(imageRef("kafka", images.registry), images.pullPolicy),
        nodes,
        clusterId: clusterId(pulumi.getProject(), pulumi.getStack(), name),
        heap: args.heap,
        existingSecret: `${name}-admin`,
        tls: { existingSecret: tls.certificate },
        ca: { existingSecret: tls.authority },
        config: { "default.replication.factor": String(copies), "min.insync.replicas": String(minInsyncReplicas) },
        resources,
        storage: { size: storage, ...(storageClass ? { storageClass } : {}), retain },
        topics: topics.map((topic) => ({
            name: topic.name,
            partitions: topic.partitions,
            replicas: topic.replicas ?? copies,
            config: topic.config ?? {},
        })),
        users: applications(args).map((app) => ({
            name: app,
            existingSecret: `${name}-user-${app}`,
            produce: topics.filter(({ producers }) => producers.includes(app)).map((topic) => topic.name),
            consume: topics.filter(({ consumers }) => consumers.includes(app)).map((topic) => topic.name),
            // An application's transactions and consumer groups begin with its name.
            transactionalIds: [app],
            groups: [app],
        })),
        clients: { namespaceLabels: stackLabel(), podLabels: usesLabel(name) },
        podLabels: { [`${prefix}/system`]: "streaming" },
        rotation: roundOf(rotation, ownPasswords(credentials, "eventStream")),
    };
}
