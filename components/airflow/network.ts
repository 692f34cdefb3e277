import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { OrchestratorConfig, repositoryHost } from "../../config/sections/orchestrator";
import { NamespaceRef } from "../contracts";
import { labels, usesLabel } from "../labels";
import { stackLabel } from "../namespace";
import { egressTo, Network, networkPolicy, PolicySpec, Way } from "../network";
import { Systems } from "./access";
import { encryptAnewComponent } from "./encrypt-anew";
import { podLabels, port } from "./names";

type Selector = k8s.types.input.meta.v1.LabelSelector;

export interface NetworkArgs extends Systems, Pick<OrchestratorConfig, "connections" | "dags" | "onFailure"> {
    /** Labels of the pod that waits for readiness. */
    waiting: Record<string, string>;
    /** Policy rules for the API server and the host of the DAGs' repository. */
    network: Network;
}

/**
 * Network policies of Airflow's pods; the namespace itself is closed. Nothing but the API listens: the scheduler's health and the logs of
 * running tasks would be served in the clear, so they aren't.
 */
export function policies(name: string, args: NetworkArgs): Record<string, PolicySpec> {
    const { database, store, stream, tracking, connections, dags, onFailure, waiting, network } = args;
    const parts = (...components: string[]): Selector => ({
        matchLabels: podLabels(name),
        matchExpressions: [{ key: "component", operator: "In", values: components }],
    });
    const api: Selector = { matchLabels: podLabels(name, "api-server") };
    const ports = [{ protocol: "TCP", port }];
    const out = (podSelector: Selector, ...egress: Way[]): PolicySpec => ({
        podSelector,
        policyTypes: ["Egress"],
        egress,
    });
    return {
        api: {
            podSelector: api,
            policyTypes: ["Ingress"],
            ingress: [
                { from: [{ podSelector: parts("worker") }, { podSelector: { matchLabels: waiting } }], ports },
                {
                    from: [
                        {
                            namespaceSelector: { matchLabels: stackLabel() },
                            podSelector: { matchLabels: usesLabel(name) },
                        },
                    ],
                    ports,
                },
            ],
        },
        // All but the workers: tasks know nothing of the database.
        database: out(
            parts(
                ...["api-server", "scheduler", "dag-processor", "triggerer"],
                ...["run-airflow-migrations", "create-user-job", "database-cleanup", encryptAnewComponent],
            ),
            egressTo(database.peer),
        ),
        // Pods are made by the scheduler and by tasks, watched by the triggerer; the API reads a running task's log.
        kubernetes: out(parts("api-server", "scheduler", "triggerer", "worker"), network.apiServer),
        systems: out(
            parts("api-server", "dag-processor", "scheduler", "triggerer", "worker"),
            ...store.peers.map(egressTo),
            ...(connections.eventStream ? [egressTo(stream.peer)] : []),
            ...(connections.tracking ? [egressTo(tracking.peer)] : []),
        ),
        worker: out(parts("worker"), { to: [{ podSelector: api }], ports }),
        waiting: out({ matchLabels: waiting }, { to: [{ podSelector: api }], ports }, network.apiServer),
        ...(dags.kind === "git"
            ? { git: out(parts("dag-processor", "triggerer", "worker"), repository(dags, network)) }
            : {}),
        // A task that ends by itself tells in its pod; for one whose pod is lost the DAG processor does.
        ...(onFailure ? { failures: out(parts("dag-processor", "worker"), webhook(onFailure, network)) } : {}),
    };
}

/** The server that is told of failures. */
function webhook({ host, port = 443, cidrs }: NonNullable<OrchestratorConfig["onFailure"]>, network: Network): Way {
    return egressTo({ ...network.outside({ host, port, cidrs }), clientLabels: {} });
}

/** The server of the DAGs' repository. */
function repository(dags: OrchestratorConfig["dags"], network: Network): Way {
    return egressTo({ ...network.outside(repositoryHost(dags)), clientLabels: {} });
}

export function networkPolicies(
    name: string,
    namespace: NamespaceRef,
    args: NetworkArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    return Object.entries(policies(name, args)).flatMap(([suffix, spec]) => {
        const policy = `${name}-${suffix}`;
        return networkPolicy(
            policy,
            {
                metadata: {
                    name: policy,
                    namespace: namespace.ready,
                    labels: labels({ name: policy, component: "orchestration" }),
                },
                spec,
            },
            opts,
        );
    });
}
