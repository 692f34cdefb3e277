import * as pulumi from "@pulumi/pulumi";

import { operatorResources } from "../../config/sizing/operators";
import { charts } from "../../config/versions";
import { imagePullSecrets } from "../cluster-settings";
import { NamespaceRef } from "../contracts";
import { PolicySpec } from "../network";
import { safeToEvict, placementValues } from "../placement";
import { restrictedPod } from "../restricted";
import { OperatorArgs, OperatorComponent, withoutCpuLimit } from "./operator";

export interface StrimziOperatorArgs extends OperatorArgs {
    /** Namespaces that it looks after; they must be there before it. @default all namespaces of the cluster */
    watch?: NamespaceRef[];
}

/** The Release has the name of the chart, as in the operator's own documentation. */
const releaseName = "strimzi-kafka-operator";

/** Namespace and pods of the operator, which Kafka's policies let in. */
export const strimziOperator = {
    namespace: "strimzi-operator",
    podLabels: { "strimzi.io/kind": "cluster-operator" },
};

/** Ports of a Kafka node that the operator connects to: the controllers' quorum, the brokers among themselves, the agent. */
export const operatorPorts = { quorum: 9090, replication: 9091, agent: 8443 };

/** Strimzi's operator, which makes Kafka out of `kafka.strimzi.io` objects. */
export class StrimziOperator extends OperatorComponent {
    constructor(name: string, args: StrimziOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
        const { watch } = args;
        super(
            "data-platform:streaming:StrimziOperator",
            name,
            {
                release: releaseName,
                version: charts.strimzi,
                namespace: strimziOperator.namespace,
                allowPolicies: { "to-kafka": toKafka(watch?.map((each) => each.name)) },
                values: values(args),
                // The chart puts rights into the namespaces that it watches.
                targetNamespaces: watch,
            },
            args,
            opts,
        );
    }
}

/** The way to the nodes of every Kafka that it looks after; those let it in by a policy of theirs. */
function toKafka(watched?: string[]): PolicySpec {
    return {
        podSelector: { matchLabels: strimziOperator.podLabels },
        policyTypes: ["Egress"],
        egress: [
            {
                to: [
                    {
                        namespaceSelector: watched
                            ? {
                                  matchExpressions: [
                                      { key: "kubernetes.io/metadata.name", operator: "In", values: watched },
                                  ],
                              }
                            : {},
                        podSelector: {
                            matchLabels: { "strimzi.io/kind": "Kafka", "strimzi.io/component-type": "kafka" },
                        },
                    },
                ],
                ports: Object.values(operatorPorts).map((port) => ({ protocol: "TCP", port })),
            },
        ],
    };
}

/** Chart values, pure, so that a test can read them. */
export function values({
    watch,
    placement,
    mirror,
}: Pick<StrimziOperatorArgs, "watch" | "placement" | "mirror">): Record<string, unknown> {
    // Its operator hands it on to what it makes.
    const login = imagePullSecrets();
    return {
        ...(watch ? { watchNamespaces: watch.map(({ name }) => name) } : { watchAnyNamespace: true }),
        // A mirror keeps upstream's paths: quay.io/strimzi/operator is <mirror>/strimzi/operator.
        ...(mirror ? { defaultImageRegistry: mirror } : {}),
        ...(login.imagePullSecrets ? { image: login } : {}),
        resources: withoutCpuLimit(operatorResources.strimzi),
        annotations: safeToEvict,
        ...placementValues(placement),
        podSecurityContext: restrictedPod(),
        // What it makes is restricted like all else; its own default is a level below.
        extraEnvs: [{ name: "STRIMZI_POD_SECURITY_PROVIDER_CLASS", value: "restricted" }],
        // Its policies would open listeners and metrics to everybody; ours are complete, and stand where they can be read.
        generateNetworkPolicy: false,
    };
}
