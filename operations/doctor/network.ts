import { apiServerCheck } from "../../components/api-server-check";
import { listAt, mapAt } from "../../kubernetes/objects";
import { ciliumPolicies, pluginProblems } from "../../components/preflight";
import { isRange, within } from "../../config/addresses";
import type { PlatformConfig } from "../../config/schema";
import { apiServerNarrowed, apiServerPorts } from "../../config/sections/kubernetes";
import type { KubeObject } from "../../kubernetes/client";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { named, text, texts } from "./objects";

/** An address and a port at which pods find the API server. */
export interface ApiServerAt {
    address: string;
    port: number;
    /** Of the Service itself, or where that leads. */
    what: "the Service's own" | "behind it";
}

/** The Service default/kubernetes, and what is behind it: a network plugin looks at a connection before or after it is translated. */
export function apiServerFacts(service: KubeObject | undefined, slices: KubeObject[]): ApiServerAt[] {
    const spec = mapAt(service?.spec);
    const addresses = texts(spec.clusterIPs).length > 0 ? texts(spec.clusterIPs) : texts([spec.clusterIP]);
    const own = addresses.flatMap((address) =>
        listAt(spec.ports).map(({ port }) => ({ address, port: Number(port), what: "the Service's own" as const })),
    );
    const behind = slices.flatMap(({ endpoints, ports }) =>
        listAt(endpoints)
            .flatMap((each) => texts(each.addresses))
            .flatMap((address) =>
                listAt(ports).map(({ port }) => ({ address, port: Number(port), what: "behind it" as const })),
            ),
    );
    return [...own, ...behind];
}

/** Proposal for `kubernetes.apiServer`, as narrow as it can be. */
export function proposed(facts: ApiServerAt[]): { cidrs: string[]; ports: number[] } {
    const cidrs = facts.map(({ address }) => `${address}/${address.includes(":") ? 128 : 32}`);
    return { cidrs: [...new Set(cidrs)], ports: [...new Set(facts.map(({ port }) => port))].sort((a, b) => a - b) };
}

/** @param facts where it is, by the cluster */
export function apiServerFindings(
    stack: string,
    { kubernetes: { apiServer, networkPlugin } }: Pick<PlatformConfig, "kubernetes">,
    facts: ApiServerAt[],
): Finding[] {
    const id = "DP-NETWORK-001";
    const subject = "the way to the API server";
    const narrowed = apiServerNarrowed({ apiServer, networkPlugin }) !== undefined;
    const lacking = (["the Service's own", "behind it"] as const).filter(
        (side) => !facts.some(({ what }) => what === side),
    );
    if (lacking.length > 0) {
        const what = `the Service default/kubernetes has no address (${lacking.join(", ")}): what to open isn't known whole`;
        return [
            finding(id, narrowed ? "warning" : "info", subject, what, "kubectl get endpointslices --namespace default"),
        ];
    }
    const byName = networkPlugin === "cilium";
    const { cidrs, ports } = proposed(facts);
    const fix = byName
        ? setTo(stack, "ports", ports)
        : `${setTo(stack, "cidrs", cidrs)}; ${setTo(stack, "ports", ports)}`;
    const allowed = apiServer?.ports ?? apiServerPorts;
    const closedPorts = facts.filter(({ port }) => !allowed.includes(port));
    const ranges = byName ? undefined : apiServer?.cidrs;
    const outside = facts.filter(
        ({ address }) => ranges && !ranges.some((cidr) => isRange(cidr) && within(address, cidr)),
    );
    const said = [
        ...different(
            outside.map(({ address, what }) => `kubernetes.apiServer.cidrs doesn't hold ${address} (${what})`),
        ),
        ...different(closedPorts.map(({ port, what }) => `kubernetes.apiServer.ports doesn't hold ${port} (${what})`)),
    ];
    // Where config says nothing, some network plugins look at the Service's own port only.
    if (said.length > 0) return [finding(id, narrowed ? "error" : "warning", subject, said.join("\n"), fix)];
    const where = named(different(facts.map(({ address, port }) => `${address}:${port}`)));
    return ranges || byName
        ? [passed(id, subject, `leads to ${byName ? "it by name" : where}`)]
        : [finding(id, "info", subject, `is open to any address on ${allowed.join(", ")}; it is at ${where}`, fix)];
}

function different(all: string[]): string[] {
    return [...new Set(all)];
}

/** A command that sets a whole list. */
function setTo(stack: string, key: "cidrs" | "ports", values: (string | number)[]): string {
    const path = `data-platform:kubernetes.apiServer.${key}`;
    return values
        .map((value, index) => `pulumi config set --stack ${stack} --path '${path}[${index}]' ${value}`)
        .join("; ");
}

/** Findings by the pod that tried the way, when it was last tried. */
export function proofFindings(namespace: string, jobs: KubeObject[], pods: KubeObject[]): Finding[] {
    const id = "DP-NETWORK-002";
    const subject = `Job ${namespace}/${apiServerCheck}`;
    const ended = (type: string) =>
        jobs.some(({ status }) =>
            listAt(status, "conditions").some((each) => each.type === type && each.status === "True"),
        );
    if (ended("Complete"))
        return [passed(id, subject, "a pod got to the API server by the way that the policies open")];
    if (!ended("Failed")) return [];
    const words = pods
        .flatMap(({ status }) => listAt(status, "containerStatuses"))
        .map(({ state }) => text(mapAt(state, "terminated").message)?.trim())
        .filter((message) => message !== undefined && message !== "");
    const said = words.at(-1) ?? "no pod got to the API server by the way that the policies open";
    return [finding(id, "error", subject, said, `kubectl logs --namespace ${namespace} --selector ${selector}`)];
}

const selector = `app.kubernetes.io/name=${apiServerCheck}`;

export const networkChecks = (stack: string): Check[] => [
    {
        what: "the way to the API server",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => {
            const [service, slices] = await Promise.all([
                cluster.get({ apiVersion: "v1", kind: "Service", name: "kubernetes", namespace: "default" }),
                cluster.list("discovery.k8s.io/v1", "EndpointSlice", {
                    namespace: "default",
                    labels: "kubernetes.io/service-name=kubernetes",
                }),
            ]);
            return apiServerFindings(stack, config, apiServerFacts(service, slices));
        },
    },
    {
        what: "the proof of the way to the API server",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => {
            const namespace = `${config.namespaces.prefix ?? stack}-jobs`;
            const [jobs, pods] = await Promise.all([
                cluster.list("batch/v1", "Job", { namespace, labels: selector }),
                cluster.list("v1", "Pod", { namespace, labels: selector }),
            ]);
            return proofFindings(namespace, jobs, pods);
        },
    },
    {
        what: "the network plugin",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => {
            const known = await cluster.kind(ciliumPolicies.apiVersion, ciliumPolicies.kind);
            return pluginProblems(config, { cilium: known !== undefined }).map(({ key, message }) =>
                finding(
                    "DP-NETWORK-003",
                    "error",
                    key,
                    message,
                    `pulumi config set --stack ${stack} --path 'data-platform:${key}' <plugin>`,
                ),
            );
        },
    },
];
