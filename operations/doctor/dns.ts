import { type PlatformConfig } from "../../config/schema";
import { clusterDns, ClusterDns } from "../../config/sections/kubernetes";
import type { KubeObject } from "../../kubernetes/client";
import { listAt, mapAt } from "../../kubernetes/objects";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import type { CachedReader } from "./cluster-reader";
import { named, text, texts } from "./objects";

type Labels = Record<string, string>;

/** A DNS as the cluster has it. */
export interface DnsFacts {
    /** Pods behind a Service: the Service's selector, labels of each that is there, and the ports that look-ups come to. */
    servers: { service: string; namespace: string; selector: Labels; pods: Labels[]; ports: number[] }[];
    /** Node's caches: labels of their pods, and the addresses that they listen on. */
    caches: { namespace: string; labels: Labels; addresses: string[] }[];
}

/** Namespaces in which clusters keep their DNS: all but OpenShift in the first. */
const namespaces = ["kube-system", "openshift-dns"];

/** Finds the Services that answer look-ups. */
export function dnsServices(services: KubeObject[]): KubeObject[] {
    return services.filter(({ metadata, spec }) => {
        const app = metadata.labels?.["k8s-app"] ?? "";
        const known = /^(kube-dns|coredns|dns-default)$|-coredns$/;
        return (known.test(app) || known.test(metadata.name)) && listAt(spec, "ports").some(({ port }) => port === 53);
    });
}

/** Ports of the pods that the Service's port 53 leads to. */
export function dnsPorts(service: KubeObject, slices: KubeObject[]): number[] {
    const names = listAt(service.spec, "ports")
        .filter(({ port }) => port === 53)
        .map(({ name }) => text(name) ?? "");
    const ports = slices
        .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service.metadata.name)
        .flatMap(({ ports }) => listAt({ ports }, "ports"))
        .filter(({ name }) => names.includes(text(name) ?? ""))
        .map(({ port }) => Number(port));
    return [...new Set(ports)].sort((one, other) => one - other);
}

/** Node's caches among DaemonSets, by the label and the argument that NodeLocal DNSCache has everywhere. */
export function dnsCaches(daemonSets: KubeObject[]): DnsFacts["caches"] {
    return daemonSets.flatMap(({ metadata, spec }) => {
        const labels = mapAt(spec, "template", "metadata", "labels") as Labels;
        if (labels["k8s-app"] !== "node-local-dns") return [];
        const args = listAtContainers(spec).flatMap((container) => texts(container.args));
        const at = args.findIndex((arg) => /^--?localip\b/.test(arg));
        const given = at < 0 ? "" : args[at].includes("=") ? args[at].split("=")[1] : (args[at + 1] ?? "");
        const addresses = given.split(",").filter((address) => /^[0-9a-fA-F:.]+$/.test(address));
        return [{ namespace: metadata.namespace ?? "", labels: { "k8s-app": "node-local-dns" }, addresses }];
    });
}

function listAtContainers(spec: unknown): Record<string, unknown>[] {
    return listAt(mapAt(spec, "template", "spec"), "containers");
}

async function dnsFacts(cluster: CachedReader): Promise<DnsFacts> {
    const all = await Promise.all(
        namespaces.map(async (namespace) => {
            const [services, slices, daemonSets] = await Promise.all([
                cluster.list("v1", "Service", { namespace }),
                cluster.list("discovery.k8s.io/v1", "EndpointSlice", { namespace }),
                cluster.list("apps/v1", "DaemonSet", { namespace }),
            ]);
            const servers = await Promise.all(
                dnsServices(services).map(async (service) => {
                    const selector = mapAt(service.spec, "selector") as Labels;
                    const labels = Object.entries(selector)
                        .map(([key, value]) => `${key}=${value}`)
                        .join(",");
                    const pods = labels ? await cluster.list("v1", "Pod", { namespace, labels }) : [];
                    return {
                        ...{ service: service.metadata.name, namespace, selector },
                        pods: pods.map(({ metadata }) => metadata.labels ?? {}),
                        ports: dnsPorts(service, slices),
                    };
                }),
            );
            return { servers, caches: dnsCaches(daemonSets) };
        }),
    );
    return { servers: all.flatMap(({ servers }) => servers), caches: all.flatMap(({ caches }) => caches) };
}

/** Tells whether each of these pods is one of those that the config opens. */
function opened({ pods }: ClusterDns, namespace: string, found: Labels[]): boolean {
    return found.every((labels) =>
        pods.some(
            (each) =>
                each.namespace === namespace &&
                Object.entries(each.labels).every(([key, value]) => labels[key] === value),
        ),
    );
}

/** Findings on `kubernetes.dns`, by what the cluster has. */
export function dnsFindings(
    stack: string,
    { kubernetes }: Pick<PlatformConfig, "kubernetes">,
    { servers, caches }: DnsFacts,
): Finding[] {
    const id = "DP-NETWORK-004";
    const subject = "the way to the cluster's DNS";
    const config = clusterDns(kubernetes);
    if (servers.length + caches.length === 0) {
        const said = `is open to ${where(config)}; no DNS is seen in ${namespaces.join(" or ")}`;
        return [finding(id, "info", subject, said, "kubectl get services --all-namespaces | grep -i dns")];
    }
    const closed = servers.filter(
        ({ namespace, selector, pods }) => !opened(config, namespace, pods.length > 0 ? pods : [selector]),
    );
    const ports = [...new Set(servers.flatMap((each) => each.ports))];
    const closedPorts = ports.filter((port) => !config.ports.includes(port));
    const byPods = kubernetes.networkPlugin === "cilium";
    const closedCaches = caches.filter(({ namespace, labels, addresses }) =>
        byPods
            ? !opened(config, namespace, [labels])
            : addresses.some((address) => !config.addresses.includes(address)),
    );
    const said = [
        ...closed.map(
            ({ service, namespace, selector }) =>
                `kubernetes.dns.pods has none of the Service ${namespace}/${service}'s pods (${labelText(selector)})`,
        ),
        ...closedPorts.map((port) => `kubernetes.dns.ports doesn't hold ${port}, which these pods listen on`),
        ...closedCaches.map(({ namespace, labels, addresses }) =>
            byPods
                ? `kubernetes.dns.pods has not the node's cache, pods ${labelText(labels)} in ${namespace}`
                : `kubernetes.dns.addresses doesn't hold the node's cache at ${addresses.join(", ") || "an address that its arguments don't tell"}`,
        ),
    ];
    if (said.length === 0) return [passed(id, subject, `leads to ${where(config)}`)];
    const pods = [
        ...servers.map(({ namespace, selector }) => ({ namespace, labels: selector })),
        ...(byPods ? caches : []),
    ];
    const fix = [
        ...(closed.length > 0 || (byPods && closedCaches.length > 0)
            ? pods.flatMap(({ namespace, labels }, index) => [
                  set(stack, `pods[${index}].namespace`, namespace),
                  ...Object.entries(labels).map(([key, value]) => set(stack, `pods[${index}].labels["${key}"]`, value)),
              ])
            : []),
        ...(closedPorts.length > 0 ? ports.map((port, index) => set(stack, `ports[${index}]`, String(port))) : []),
        ...(closedCaches.length > 0 && !byPods
            ? [...new Set(caches.flatMap(({ addresses }) => addresses))].map((address, index) =>
                  set(stack, `addresses[${index}]`, address),
              )
            : []),
    ].join("; ");
    return [finding(id, "error", subject, `${said.join("\n")}\npods would look up no name`, fix)];
}

function set(stack: string, path: string, value: string): string {
    return `pulumi config set --stack ${stack} --path 'data-platform:kubernetes.dns.${path}' ${value}`;
}

function labelText(labels: Labels): string {
    return Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(",");
}

function where({ pods, ports, addresses }: ClusterDns): string {
    const all = pods.map(({ namespace, labels }) => `${labelText(labels)} in ${namespace}`);
    return `${named(all)} on ${ports.join(", ")}${addresses.length > 0 ? `, and ${addresses.join(", ")}` : ""}`;
}

export const dnsChecks = (stack: string): Check[] => [
    {
        what: "the way to the cluster's DNS",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => dnsFindings(stack, config, await dnsFacts(cluster)),
    },
];
