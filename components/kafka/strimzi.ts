import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { Authority, EventStream, NamespaceRef, PodPeer, TrustBundle } from "../contracts";
import { labels, usesLabel } from "../labels";
import { givenClusterId } from "./cluster-id";
import { applications, StreamArgs, topicOf, userOf, UserSecret, userSecret, userSecrets } from "./stream";
import { superuserSpec, topicObjectName, topicSpec, userSpec } from "./strimzi-access";
import { administrator, clients, kafkaSpec, poolSpecs } from "./strimzi-nodes";
import { brokerLabels, policies } from "./strimzi-policies";
import { apiVersion, Specs } from "./strimzi-types";

export interface StrimziKafkaArgs extends StreamArgs {
    /** Strimzi's operator. */
    operator: {
        /** Its namespace; plain text, for NetworkPolicies. */
        namespace: string;
        /** What must be there before an object of its kinds is made. Nothing where another stack has seen to it. */
        ready: pulumi.Resource[];
    };
}

/** An object's name, and what it is. */
interface Made<Kind extends keyof Specs> {
    name: string;
    spec: Specs[Kind];
    /** @default none */
    annotations?: Record<string, string>;
    /** Seconds to wait until it is Ready; nothing waits for an object that is never called so. @default don't */
    patience?: number;
}

/**
 * Kafka by Strimzi's operator: brokers, and controllers of their own where the config has some; a SCRAM user per application with
 * access to its topics only; topics as objects.
 *
 * Ready means that the cluster, all topics and all users are. They go in the reverse order, so that the operator is there to the
 * end. Objects of topics go with the stack, the topics themselves never: brokers refuse to delete one.
 */
export class StrimziKafka extends pulumi.ComponentResource implements EventStream {
    readonly bootstrap: string;
    readonly protocol = "SASL_SSL";
    readonly mechanism = "SCRAM-SHA-512";
    readonly peer: PodPeer;
    readonly ready: pulumi.Resource;
    /** Credentials of the administrator, who may do everything. */
    readonly admin: UserSecret;

    private readonly authority: Authority;
    private readonly topics: string[];
    private readonly users: Record<string, UserSecret>;

    constructor(name: string, args: StrimziKafkaArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:streaming:StrimziKafka", name, {}, opts);
        const child = { parent: this };
        const { namespace, authority, operator } = args;

        this.admin = userSecret(name, administrator, args, child);
        this.users = userSecrets(name, args, child);
        const bootstrap = `${name}-kafka-bootstrap`;
        const certificate = authority.certificate(name, {
            namespace,
            service: bootstrap,
            dnsNames: brokerNames(name, namespace),
        });

        const openings = Object.entries(policies(name, operator.namespace, args.metrics)).map(
            ([policy, spec]) =>
                new k8s.networking.v1.NetworkPolicy(
                    `${name}-policy-${policy}`,
                    {
                        metadata: {
                            name: policy,
                            namespace: namespace.ready,
                            labels: labels({ name: policy, component: "streaming" }),
                        },
                        spec,
                    },
                    child,
                ),
        );
        const kept = { ...child, protect: args.protect };
        const wanted = poolSpecs(name, args);
        // A pool has no condition Ready; the cluster's says it of them all.
        const pools = Object.entries(wanted).map(([pool, of]) =>
            this.object("KafkaNodePool", name, args, { name: pool, ...of }, { ...kept, dependsOn: operator.ready }),
        );
        const id = givenClusterId(name, { ...args, pools: Object.keys(wanted) }, { ...child, dependsOn: pools });
        const cluster = this.object(
            "Kafka",
            name,
            args,
            { name, spec: kafkaSpec(args, certificate.secretName), patience: 900 },
            { ...kept, dependsOn: [id, ...pools, ...openings, certificate.ready] },
        );

        const topics = args.topics.map((topic) => {
            const made = { name: topicObjectName(topic.name), spec: topicSpec(topic, args), patience: 300 };
            return this.object("KafkaTopic", name, args, made, { ...child, dependsOn: [cluster] });
        });
        const everybody = [
            { user: administrator, secret: this.admin, spec: superuserSpec(this.admin.name) },
            ...applications(args).map((user) => ({
                user,
                secret: this.users[user],
                spec: userSpec(user, args.topics, this.users[user].name),
            })),
        ];
        const users = everybody.map(({ user, secret, spec }) => {
            // The operator looks at a user that changes at once, at a Secret every two minutes.
            const annotations = { [round]: secret.round };
            const made = { name: user, spec, annotations, patience: 300 };
            return this.object("KafkaUser", name, args, made, { ...child, dependsOn: [cluster, secret.resource] });
        });

        this.ready = new Ready(`${name}-ready`, [cluster, ...topics, ...users], child);
        this.bootstrap = `${bootstrap}.${namespace.name}.svc:${clients.port}`;
        this.peer = {
            namespace: namespace.name,
            podLabels: brokerLabels(name),
            port: clients.port,
            clientLabels: usesLabel(name),
        };
        this.authority = authority;
        this.topics = args.topics.map((topic) => topic.name);
        this.registerOutputs({ bootstrap: this.bootstrap });
    }
}
