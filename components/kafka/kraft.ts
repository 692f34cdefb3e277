import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { topicSettings } from "../../config/sections/event-stream-retention";
import { EventStream, NamespaceRef, PodPeer, SecretRef } from "../contracts";
import { imageValue } from "../image-value";
import { prefix, usesLabel } from "../labels";
import { stackLabel } from "../namespace";
import { safeToEvict, doNotDisrupt, placementValues } from "../placement";
import { ReleaseArgs } from "../release";
import { passwordOverrides, secretVersionOf } from "../rotation";
import { passwordSecret } from "../secrets";
import { Made } from "../server";
import { brokers, port } from "./brokers";
import { accessOf, clusterId, copies, KafkaServer, StreamArgs, UserSecret, userSecrets } from "./stream";

export interface KraftKafkaArgs extends StreamArgs {
    /** The chart's directory or `oci://` address. */
    chart: ReleaseArgs["chart"];
}

/**
 * Kafka without an operator: combined broker and controller nodes in KRaft mode, one SCRAM user per application with access
 * to its topics only, topics made by a job.
 *
 * For clusters that reach no chart repository; one chart, nothing cluster-wide.
 */
export class KraftKafka extends KafkaServer implements EventStream {
    readonly bootstrap: string;
    readonly peer: PodPeer;
    readonly ready: pulumi.Resource;
    /** Passwords of the administrator and of the brokers among themselves. */
    readonly admin: SecretRef<"admin" | "broker">;

    protected readonly users: Record<string, UserSecret>;

    constructor(name: string, args: KraftKafkaArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:streaming:Kafka", name, args, opts);
        const child = { parent: this };
        const { namespace, credentials = {}, rotation } = args;
        const secretVersion = secretVersionOf(name, rotation, passwordOverrides(credentials, "eventStream"), child);

        this.admin = passwordSecret(
            `${name}-admin`,
            {
                namespace,
                component: "streaming",
                rotation,
                secretVersion,
                plain: {},
                passwords: { admin: credentials["eventStream.admin"], broker: credentials["eventStream.broker"] },
            },
            child,
        );
        this.users = userSecrets(name, { ...args, secretVersion }, child);
        this.ready = this.install({
            chart: args.chart,
            namespace,
            dnsNames: nodeNames(name, namespace),
            secrets: [this.admin, ...Object.values(this.users)],
            values: (tls) => values(name, args, { ...tls, admin: this.admin, users: this.users, secretVersion }),
            protect: args.protect,
        });

        this.bootstrap = `${name}.${namespace.name}.svc:${port}`;
        this.peer = this.peerOf(namespace, { ...brokers.light, "app.kubernetes.io/instance": name }, port);
        this.registerOutputs({ bootstrap: this.bootstrap });
    }
}

/** The names of the single nodes, which clients are sent to after the first question. */
function nodeNames(name: string, namespace: NamespaceRef): string[] {
    const nodes = `*.${name}-nodes.${namespace.name}.svc`;
    return [nodes, `${nodes}.cluster.local`];
}

/** Chart values, pure, so that a test can read them. Secrets go in by name only. */
export function values(
    name: string,
    args: Omit<KraftKafkaArgs, "namespace" | "authority">,
    made: Made,
): Record<string, unknown> {
    const { topics, nodes, images, resources, storage, storageClass, retain } = args;
    return {
        image: imageValue(imageRef("kafka", images), images.pullPolicy),
        nodes,
        clusterId: clusterId(pulumi.getProject(), pulumi.getStack(), name),
        heap: args.heap,
        existingSecret: made.admin.name,
        tls: { existingSecret: made.certificate },
        ca: { existingSecret: made.authority },
        config: {
            "default.replication.factor": String(copies(args)),
            "min.insync.replicas": String(args.minInsyncReplicas),
        },
        resources,
        storage: { size: storage, ...(storageClass ? { storageClass } : {}), retain },
        topics: topics.map((topic) => ({
            name: topic.name,
            partitions: topic.partitions,
            replicas: topic.replicas ?? copies(args),
            config: topicSettings(topic, args),
        })),
        users: Object.entries(made.users).map(([app, secret]) => ({
            name: app,
            existingSecret: secret.name,
            ...accessOf(app, topics),
            // An application's transactions and consumer groups begin with its name.
            transactionalIds: [app],
            groups: [app],
        })),
        clients: { namespaceLabels: stackLabel(), podLabels: usesLabel(name) },
        podLabels: { [`${prefix}/system`]: "streaming" },
        // One node alone has nobody who stands in for it.
        podAnnotations: nodes > 1 ? safeToEvict : doNotDisrupt,
        ...placementValues(args.placement),
        podAntiAffinity: args.placement.podAntiAffinity ?? "preferred",
        rotation: made.secretVersion,
    };
}
