import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { OrchestratorConfig } from "../../config/systems/orchestrator";
import { NamespaceRef } from "../contracts";
import { labels, usesLabel } from "../labels";
import { stackLabel } from "../namespace";
import { apiServerEgress, egressTo } from "../network";
import { Systems } from "./access";
import { encryptAnewComponent } from "./encrypt-anew";
import { podLabels, port } from "./names";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;
type Selector = k8s.types.input.meta.v1.LabelSelector;

export interface NetworkArgs extends Systems, Pick<OrchestratorConfig, "connections" | "dags"> {
    /** Labels of the pod that waits for readiness. */
    waiting: Record<string, string>;
}

/**
 * Which connections Airflow's pods may make and take; the namespace itself is closed. Nothing but the API listens: the
 * scheduler's health and the logs of running tasks would be served in the clear, so they aren't.
 */
export function policies(name: string, args: NetworkArgs): Record<string, Spec> {
    const { database, store, stream, tracking, connections, dags, waiting } = args;
    const parts = (...components: string[]): Selector => ({
        matchLabels: podLabels(name),
        matchExpressions: [{ key: "component", operator: "In", values: components }],
    });
    const api: Selector = { matchLabels: podLabels(name, "api-server") };
    const ports = [{ protocol: "TCP", port }];
    const out = (podSelector: Selector, ...egress: k8s.types.input.networking.v1.NetworkPolicyEgressRule[]): Spec => ({
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
                ...[
                    "api-server",
                    "scheduler",
                    "dag-processor",
                    "triggerer",
                    "run-airflow-migrations",
                    "create-user-job",
                ],
                encryptAnewComponent,
            ),
            egressTo(database.peer),
        ),
        // Pods are made by the scheduler and by tasks, watched by the triggerer; the API reads a running task's log.
        kubernetes: out(parts("api-server", "scheduler", "triggerer", "worker"), apiServerEgress),
        systems: out(
            parts("api-server", "dag-processor", "scheduler", "triggerer", "worker"),
            egressTo(store.peer),
            ...(connections.eventStream ? [egressTo(stream.peer)] : []),
            ...(connections.tracking ? [egressTo(tracking.peer)] : []),
        ),
        worker: out(parts("worker"), { to: [{ podSelector: api }], ports }),
        waiting: out({ matchLabels: waiting }, { to: [{ podSelector: api }], ports }, apiServerEgress),
        // A NetworkPolicy knows no host names.
        ...(dags.kind === "git"
            ? { git: out(parts("dag-processor", "triggerer", "worker"), { ports: [{ protocol: "TCP", port: 443 }] }) }
            : {}),
    };
}

export function networkPolicies(
    name: string,
    namespace: NamespaceRef,
    args: NetworkArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    return Object.entries(policies(name, args)).map(([suffix, spec]) => {
        const policy = `${name}-${suffix}`;
        return new k8s.networking.v1.NetworkPolicy(
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
