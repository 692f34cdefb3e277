import { ClientPeer } from "../contracts";
import { usesLabel } from "../labels";
import { stackLabel } from "../namespace";
import { fromPods, Network, PolicySpec, toRange } from "../network";
import { operatorPorts } from "../operators/strimzi";
import { brokers, externalPort, port } from "./brokers";
import type { StreamArgs } from "./stream";

const { quorum, replication, agent } = operatorPorts;

/** Port of a node's metrics, when it serves them. */
const metricsPort = 9404;

/** Labels of a cluster's nodes, brokers and controllers. */
export const nodeLabels = (cluster: string) => ({
    "strimzi.io/cluster": cluster,
    "strimzi.io/name": `${cluster}-kafka`,
});

/** Labels of its brokers, which clients connect to. */
export const brokerLabels = (cluster: string) => ({ ...nodeLabels(cluster), ...brokers.strimzi });

const entityOperatorLabels = (cluster: string) => ({
    "strimzi.io/cluster": cluster,
    "strimzi.io/name": `${cluster}-entity-operator`,
});

interface PolicyArgs extends Pick<StreamArgs, "metrics" | "external"> {
    network: Network;
    operator: ClientPeer;
}

/** Network policies of the cluster, by name. Complete: the operator is told to make none of its own. */
export function policies(
    cluster: string,
    { metrics, external, network: { apiServer }, operator }: PolicyArgs,
): Record<string, PolicySpec> {
    const nodes = { podSelector: { matchLabels: nodeLabels(cluster) } };
    const entityOperator = { podSelector: { matchLabels: entityOperatorLabels(cluster) } };
    const clusterOperator = fromPods(operator);
    return {
        [cluster]: {
            ...nodes,
            policyTypes: ["Ingress", "Egress"],
            ingress: [
                { from: [nodes, clusterOperator], ports: tcp(quorum) },
                { from: [nodes, entityOperator, clusterOperator], ports: tcp(replication) },
                { from: [clusterOperator], ports: tcp(agent) },
                ...(metrics ? [{ from: [prometheus], ports: tcp(metricsPort) }] : []),
            ],
            // Of the API server they ask for their certificates, and for the zone of their node.
            egress: [{ to: [nodes], ports: tcp(quorum, replication) }, apiServer],
        },
        [`${cluster}-clients`]: {
            podSelector: { matchLabels: brokerLabels(cluster) },
            policyTypes: ["Ingress"],
            ingress: [
                {
                    from: [
                        {
                            namespaceSelector: { matchLabels: stackLabel() },
                            podSelector: { matchLabels: usesLabel(cluster) },
                        },
                    ],
                    ports: tcp(port),
                },
            ],
        },
        ...(external
            ? {
                  [`${cluster}-external`]: {
                      podSelector: { matchLabels: brokerLabels(cluster) },
                      policyTypes: ["Ingress"],
                      ingress: [{ from: external.from.map(toRange), ports: tcp(externalPort) }],
                  },
              }
            : {}),
        [`${cluster}-entity-operator`]: {
            ...entityOperator,
            policyTypes: ["Ingress", "Egress"],
            egress: [{ to: [nodes], ports: tcp(replication) }, apiServer],
        },
    };
}

/** Wherever it runs: its charts give its pods this label. */
const prometheus = {
    namespaceSelector: {},
    podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
};

function tcp(...ports: number[]) {
    return ports.map((port) => ({ protocol: "TCP", port }));
}
