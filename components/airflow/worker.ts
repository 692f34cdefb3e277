import { parse } from "yaml";

import { merge } from "../../config/merge";
import { readsOf, tokenReads, wallsOf } from "../admission";
import { StoreIdentity, WorkerDeclaration } from "../contracts";
import { names, podLabels } from "./names";

/** The chart's values as far as they shape the pod of a task. */
interface WorkerValues {
    labels?: Record<string, string>;
    workers?: { labels?: Record<string, string>; kubernetes?: { labels?: Record<string, string> } };
    dags?: { gitSync?: { enabled?: boolean } };
    imagePullSecrets?: { name: string }[];
    registry?: { secretName?: string };
    [key: string]: unknown;
}

/** Keys of the values in which Secrets of a task's pod are named. */
const shaping = ["secret", "env", "extraEnv", "extraEnvFrom", "volumes", "workers", "kerberos"];

/**
 * Declaration of a task's pod: the chart's result from its values, a team's own included. DAGs may say otherwise (`executor_config`), and
 * the scheduler makes it so.
 */
export function workerDeclaration(
    name: string,
    namespace: string,
    own: Record<string, unknown>,
    teams: Record<string, unknown> | undefined,
    identity?: StoreIdentity,
): WorkerDeclaration {
    const values = merge(own, teams) as WorkerValues;
    const { labels, workers, dags } = values;
    const git = dags?.gitSync?.enabled ? [dags.gitSync] : [];
    const [account, ...others] = names(name).launchers;
    return {
        pod: {
            namespace,
            serviceAccount: account,
            reads: [
                ...readsOf([...shaping.map((key) => whole(values[key])), ...git, pulls(values)]),
                ...tokenReads(identity?.audience),
            ],
            labels: wallsOf({
                ...chartLabels(name),
                ...labels,
                ...workers?.labels,
                ...workers?.kubernetes?.labels,
            }),
        },
        scheduler: names(name).scheduler,
        launchers: [account, ...others],
    };
}

/** Labels of the charts' own: the official one's, and those that Helm charts usually have. */
function chartLabels(name: string): Record<string, string> {
    return {
        ...podLabels(name, "worker"),
        "app.kubernetes.io/name": "airflow",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/component": "worker",
        "app.kubernetes.io/part-of": "data-platform",
        "app.kubernetes.io/managed-by": "Helm",
    };
}

/** Logins to registries, by either of the chart's keys. */
function pulls({ imagePullSecrets = [], registry }: WorkerValues): { imagePullSecrets: { name: string }[] } {
    const older = registry?.secretName ? [{ name: registry.secretName }] : [];
    return { imagePullSecrets: [...imagePullSecrets, ...older] };
}

/** Some keys are YAML as text, and a template at that: what can't be read as it stands names no Secret here. */
function whole(value: unknown): unknown {
    if (typeof value !== "string") return value;
    try {
        return parse(value) as unknown;
    } catch {
        return undefined;
    }
}
