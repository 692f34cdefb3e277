import type { KubeObject } from "../../kubernetes/client";
import { listAt, mapAt } from "../../kubernetes/objects";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { named, text, texts } from "./objects";

/** A network plugin as the cluster shows it, and whether it enforces NetworkPolicies. */
interface PluginFact {
    title: string;
    enforces: boolean;
}

/** Plugins by the name of their DaemonSet. What is told by more than its name is a function. */
const known: [RegExp, string, (daemonSet: KubeObject) => boolean][] = [
    [/^(calico-node|canal)$/, "Calico", () => true],
    [/^(cilium|anetd)$/, "Cilium", () => true],
    [/^antrea-agent$/, "Antrea", () => true],
    [/^ovnkube-node$/, "OVN-Kubernetes", () => true],
    [/^kube-router$/, "kube-router", () => true],
    [/^weave-net$/, "Weave Net", () => true],
    [/^azure-npm$/, "Azure's network policy manager", () => true],
    [/^aws-node$/, "Amazon's VPC CNI", (each) => argumentsOf(each).includes("--enable-network-policy=true")],
    // Since kind 0.24 its own network plugin does; its image carries the day.
    [/^kindnet$/, "kindnet", (each) => day(each) >= 20240813],
    [/^kube-flannel/, "flannel", () => false],
];

function containersOf({ spec }: KubeObject): Record<string, unknown>[] {
    return listAt(mapAt(spec, "template", "spec"), "containers");
}

function argumentsOf(daemonSet: KubeObject): string[] {
    return containersOf(daemonSet).flatMap(({ args, command }) => [...texts(args), ...texts(command)]);
}

function day(daemonSet: KubeObject): number {
    const [, found = "0"] =
        /:v(\d{8})/.exec(
            containersOf(daemonSet)
                .map(({ image }) => text(image))
                .join(" "),
        ) ?? [];
    return Number(found);
}

/** The plugins that a cluster shows by its DaemonSets, or by its nodes where they have it inside (k3s). */
export function pluginFacts(daemonSets: KubeObject[], nodes: KubeObject[]): PluginFact[] {
    const found = daemonSets.flatMap((each) =>
        known
            .filter(([name]) => name.test(each.metadata.name))
            .map(([, title, enforces]) => ({ title, enforces: enforces(each) })),
    );
    const k3s = nodes.some(({ status }) => /\+k3s/.test(text(mapAt(status, "nodeInfo").kubeletVersion) ?? ""));
    // It runs a part of kube-router inside of the node's one process, unless that was switched off.
    return k3s && !found.some(({ enforces }) => enforces)
        ? [...found, { title: "k3s's own network policy controller", enforces: true }]
        : found;
}

export function enforcementFindings(plugins: PluginFact[]): Finding[] {
    const id = "DP-NETWORK-005";
    const subject = "NetworkPolicies";
    const enforcing = plugins.filter(({ enforces }) => enforces);
    if (enforcing.length > 0) {
        return [passed(id, subject, `are enforced by ${named(enforcing.map(({ title }) => title))}`)];
    }
    if (plugins.length > 0) {
        const names = named(plugins.map(({ title }) => title));
        const said = `are not enforced: ${names} lets every connection through, whatever they say`;
        return [finding(id, "warning", subject, said, "docs/clusters.md: what enforces them on each kind of cluster")];
    }
    return [
        finding(
            id,
            "info",
            subject,
            "may be enforced or not: no network plugin that is known here is seen",
            "kubectl get daemonsets --all-namespaces",
        ),
    ];
}

export const networkPluginChecks: Check[] = [
    {
        what: "who enforces NetworkPolicies",
        needs: ["cluster"],
        run: async ({ cluster }) => {
            const [daemonSets, nodes] = await Promise.all([
                cluster.list("apps/v1", "DaemonSet"),
                cluster.list("v1", "Node"),
            ]);
            return enforcementFindings(pluginFacts(daemonSets, nodes));
        },
    },
];
