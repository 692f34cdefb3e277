import type { StackState } from "../../engine/engine";
import type { Finding } from "../findings";
import { type HelmRecord, helmRecords, isPending } from "../recover/records";
import { finding, passed } from "./catalog";
import type { Release } from "../../program/collect";
import type { Check } from "./check";
import { namespacesOf } from "./namespaces";

/** The newest record of each release. */
export function newestOf(records: HelmRecord[]): HelmRecord[] {
    const newest = new Map<string, HelmRecord>();
    for (const record of records) {
        const key = `${record.namespace}/${record.name}`;
        if (record.revision > (newest.get(key)?.revision ?? -1)) newest.set(key, record);
    }
    return [...newest.values()];
}

/**
 * @param declared what the stack makes
 * @param state what the stack has made; absent where that isn't known
 */
export function releaseFindings(
    stack: string,
    there: Pick<HelmRecord, "name" | "namespace" | "revision" | "status" | "since">[],
    declared: Pick<Release, "namespace" | "name">[],
    state?: StackState,
): Finding[] {
    const key = ({ namespace, name }: { namespace: string; name: string }) => `${namespace}/${name}`;
    const known = state && new Set(state.resources.flatMap(({ release }) => (release ? [key(release)] : [])));
    const wanted = new Set(declared.map(key));
    const recover = `data-platform recover --stack ${stack}`;
    const findings = there.flatMap((release): Finding[] => {
        const { namespace, name, status, revision, since } = release;
        const subject = `Release ${key(release)}`;
        const at = `revision ${revision}, ${since.toISOString()}`;
        if (isPending(release) || status === "uninstalling") {
            const message = `is ${status} (${at}): that operation was cut off, or is still going on, and Helm refuses another one`;
            return [finding("DP-HELM-001", "error", subject, message, recover)];
        }
        if (known && !known.has(key(release)) && wanted.has(key(release)) && status !== "uninstalled") {
            const message = `is there (${status}, revision ${revision}), but the stack's state doesn't know it: an update would end with "cannot re-use a name that is still in use"`;
            return [finding("DP-HELM-003", "error", subject, message, recover)];
        }
        if (status === "failed") {
            const message = `has failed (${at}); the next update tries again`;
            return [
                finding("DP-HELM-002", "warning", subject, message, `helm history ${name} --namespace ${namespace}`),
            ];
        }
        return [];
    });
    const gone = [...(known ?? [])].filter((each) => !there.some((release) => key(release) === each));
    const lost = gone.map((each) => {
        const message = "is in the stack's state, but gone from the cluster";
        return finding("DP-HELM-004", "warning", `Release ${each}`, message, `pulumi refresh --stack ${stack}`);
    });
    const all = [...findings, ...lost];
    if (all.length > 0) return all;
    const count = there.length === 1 ? "1 release" : `${there.length} releases`;
    return [passed("DP-HELM-001", "Helm releases", `${count} in the stack's namespaces, none pending or failed`)];
}

export const releaseChecks = (stack: string): Check[] => [
    {
        what: "Helm releases",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared, state }) => {
            const there = await cluster.list("v1", "Namespace");
            const names = new Set([
                ...namespacesOf(stack, declared.manifests, there),
                ...declared.releases.map(({ namespace }) => namespace),
            ]);
            const present = there.map(({ metadata }) => metadata.name).filter((name) => names.has(name));
            const found = await Promise.all(
                present.map((namespace) =>
                    cluster.ask(`Helm's records in ${namespace}`, () => helmRecords(cluster.kube, namespace)),
                ),
            );
            // Optional: a stack without a readable state is looked at all the same.
            return releaseFindings(stack, newestOf(found.flat()), declared.releases, state);
        },
    },
];
