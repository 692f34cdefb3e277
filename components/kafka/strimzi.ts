import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { EventStream, NamespaceRef, OperatorRef, PodPeer } from "../contracts";
import { labels, prefix } from "../labels";
import { Network, networkPolicies } from "../network";
import { passwordOverrides, secretVersionOf } from "../rotation";
import { port } from "./brokers";
import { givenClusterId } from "./cluster-id";
import { KafkaServer, StreamArgs, UserSecret, userSecret, userSecrets } from "./stream";
import { superuserSpec, topicObjectName, topicSpec, userSpec } from "./strimzi-access";
import { administrator, externalNames, kafkaSpec, poolSpecs } from "./strimzi-nodes";
import { brokerLabels, policies } from "./strimzi-policies";
import { apiVersion, KafkaUserSpec, Specs } from "./strimzi-types";

export interface StrimziKafkaArgs extends StreamArgs {
    /** Makes it, and must be let in. */
    operator: OperatorRef;
    /** Policy rules for the API server. */
    network: Network;
}

/** One of the operator's objects. */
interface Wanted<Kind extends keyof Specs> {
    /** Name of the Kafka cluster that it belongs to. */
    cluster: string;
    namespace: NamespaceRef;
    name: string;
    spec: Specs[Kind];
    /** @default none */
    annotations?: Record<string, pulumi.Input<string>>;
    /** Seconds to wait until it is Ready. @default don't wait */
    timeoutSeconds?: number;
}

/**
 * Kafka by Strimzi's operator: brokers, and controllers of their own where the config has some; a SCRAM user per application with
 * access to its topics only; topics as objects.
 *
 * Ready means that the cluster, all topics and all users are. They go in the reverse order, so that the operator is there to the
 * end. Objects of topics go with the stack, the topics themselves never: brokers refuse to delete one.
 */
export class StrimziKafka extends KafkaServer implements EventStream {
    readonly bootstrap: string;
    readonly peer: PodPeer;
    readonly ready: pulumi.Resource;
    /** Credentials of the administrator, who may do everything. */
    readonly admin: UserSecret;

    protected readonly users: Record<string, UserSecret>;

    constructor(name: string, args: StrimziKafkaArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:streaming:StrimziKafka", name, args, opts);
        const child = { parent: this };
        const { namespace, authority, operator } = args;
        const place = { cluster: name, namespace };

        const secretVersion = secretVersionOf(
            name,
            args.rotation,
            passwordOverrides(args.credentials, "eventStream"),
            child,
        );
        this.admin = userSecret(name, administrator, { ...args, secretVersion }, child);
        this.users = userSecrets(name, { ...args, secretVersion }, child);
        const bootstrap = `${name}-kafka-bootstrap`;
        const certificate = authority.certificate(name, {
            namespace,
            service: bootstrap,
            dnsNames: [...brokerNames(name, namespace), ...(args.external ? externalNames(args.external) : [])],
        });

        const openings = networkPolicies(
            policies(name, { ...args, operator: operator.peer }),
            { namespace, component: "streaming", prefix: `${name}-policy-` },
            child,
        );
        const kept = { ...child, protect: args.protect };
        const wanted = poolSpecs(name, args);
        // A pool is never called Ready; the cluster is, when all its pools are.
        const pools = Object.entries(wanted).map(([pool, of]) =>
            object("KafkaNodePool", { ...place, name: pool, ...of }, { ...kept, dependsOn: operator.ready }),
        );
        const id = givenClusterId(name, { ...args, pools: Object.keys(wanted) }, { ...child, dependsOn: pools });
        const cluster = object(
            "Kafka",
            { ...place, name, spec: kafkaSpec(args, certificate.secretName), timeoutSeconds: 900 },
            { ...kept, dependsOn: [id, ...pools, ...openings, certificate.ready] },
        );
        for (const topic of args.topics) {
            object(
                "KafkaTopic",
                { ...place, name: topicObjectName(topic.name), spec: topicSpec(topic, args), timeoutSeconds: 300 },
                { ...child, dependsOn: [cluster] },
            );
        }
        const user = (app: string, secret: UserSecret, spec: KafkaUserSpec) =>
            object(
                "KafkaUser",
                // The operator looks at a user that changes at once, at a Secret every two minutes.
                {
                    ...place,
                    name: app,
                    spec,
                    annotations: { [`${prefix}/round`]: secret.secretVersion },
                    timeoutSeconds: 300,
                },
                { ...child, dependsOn: [cluster, secret.resource] },
            );
        user(administrator, this.admin, superuserSpec(this.admin.name));
        for (const [app, secret] of Object.entries(this.users)) {
            user(app, secret, userSpec(app, args.topics, secret.name));
        }

        // Who depends on a component depends on all that is in it.
        this.ready = this;
        this.bootstrap = `${bootstrap}.${namespace.name}.svc:${port}`;
        this.peer = this.peerOf(namespace, brokerLabels(name), port);
        this.registerOutputs({ bootstrap: this.bootstrap });
    }
}

/** The names of the single brokers, which clients are sent to after the first question. */
function brokerNames(cluster: string, namespace: NamespaceRef): string[] {
    const brokers = `*.${cluster}-kafka-brokers.${namespace.name}.svc`;
    return [brokers, `${brokers}.cluster.local`];
}

/** One of the operator's objects, of a cluster and in its namespace. */
function object<Kind extends keyof Specs>(
    kind: Kind,
    { cluster, namespace, name, spec, annotations = {}, timeoutSeconds }: Wanted<Kind>,
    opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
    return new k8s.apiextensions.CustomResource(
        // Objects of different kinds have the same names.
        kind === "Kafka" ? cluster : `${cluster}-${kind.slice("Kafka".length).toLowerCase()}-${name}`,
        {
            apiVersion,
            kind,
            metadata: {
                name,
                namespace: namespace.ready,
                labels: {
                    ...labels({ name, component: "streaming" }),
                    ...(kind === "Kafka" ? {} : { "strimzi.io/cluster": cluster }),
                },
                annotations: {
                    ...annotations,
                    ...(timeoutSeconds
                        ? {
                              "pulumi.com/waitFor": "condition=Ready",
                              "pulumi.com/timeoutSeconds": String(timeoutSeconds),
                          }
                        : {}),
                },
            },
            spec,
        },
        opts,
    );
}
