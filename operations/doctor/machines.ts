import { architectureOf, imagePlatforms, usualPlatform } from "../../config/platforms";
import type { PlatformConfig } from "../../config/schema";
import { type KubeClient, KubeError, type KubeObject } from "../../kubernetes/client";
import { mapAt } from "../../kubernetes/objects";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { text } from "./objects";

const archLabel = "kubernetes.io/arch";

/** Findings on nodes whose architecture the images may not have. */
export function architectureFindings(
    stack: string,
    { scheduling, images }: Pick<PlatformConfig, "scheduling" | "images">,
    nodes: KubeObject[],
): Finding[] {
    const id = "DP-CLUSTER-007";
    const built = (images.platforms ?? [usualPlatform]).map(architectureOf);
    // Neither is filled in for a node that no kubelet has reported.
    const of = ({ metadata, status }: KubeObject) =>
        [text(mapAt(status, "nodeInfo").architecture), metadata.labels?.[archLabel]].find((each) => each) ?? [];
    const fits = (selector: Record<string, string> = {}) =>
        nodes.filter(({ metadata }) =>
            Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value),
        );
    return (["platform", "batch"] as const).flatMap((key) => {
        const { nodeSelector } = scheduling[key];
        const architectures = [...new Set(fits(nodeSelector).flatMap(of))].sort();
        const subject = `nodes of scheduling.${key}`;
        if (architectures.length === 0) return [];
        const all = architectures.join(", ");
        const others = architectures.filter((each) => !built.includes(each));
        if (others.length === 0) return [passed(id, subject, `are ${all}, which images are built for`)];
        const chosen = nodeSelector?.[archLabel];
        // Somebody has said it, and so knows what the images are.
        if (chosen !== undefined) return [passed(id, subject, `are ${chosen}, as its nodeSelector says`)];
        return [
            finding(
                id,
                "warning",
                subject,
                `are ${all}; our images are built for ${built.join(", ")}, and don't start on another (exec format error)`,
                architectureFix(stack, key, architectures, built),
            ),
        ];
    });
}

/** Where some nodes fit, the choice of those; else the platform to build for. */
function architectureFix(stack: string, key: string, architectures: string[], built: string[]): string {
    const set = (path: string, value: string) =>
        `pulumi config set --stack ${stack} --path 'data-platform:${path}' ${value}`;
    const fits = architectures.find((each) => built.includes(each));
    if (fits) {
        const path = `scheduling.${key}.nodeSelector["${archLabel}"]`;
        return `${set(path, fits)}   # or name all of them in images.platforms, and build for them`;
    }
    const platform = imagePlatforms.find((each) => architectures.includes(architectureOf(each)));
    if (!platform) return `give the cluster nodes of ${imagePlatforms.map(architectureOf).join(" or ")}`;
    return `${set("images.platforms[0]", platform)}   # then make images STACK=${stack} PUSH=1`;
}

/** @param assigns whether the cluster knows SecurityContextConstraints */
export function podUserFindings(
    stack: string,
    { kubernetes: { podUser = "fixed" } }: Pick<PlatformConfig, "kubernetes">,
    assigns: boolean,
): Finding[] {
    const id = "DP-CLUSTER-008";
    const subject = "kubernetes.podUser";
    const set = (value: string) =>
        `pulumi config set --stack ${stack} --path 'data-platform:kubernetes.podUser' ${value}`;
    if (assigns === (podUser === "assigned")) return [passed(id, subject, `is ${podUser}, as the cluster wants it`)];
    return assigns
        ? [
              finding(
                  id,
                  "error",
                  subject,
                  "is fixed, and the cluster has SecurityContextConstraints: restricted-v2 refuses pods that name a user of their own",
                  set("assigned"),
              ),
          ]
        : [
              finding(
                  id,
                  "warning",
                  subject,
                  "is assigned, and the cluster has no SecurityContextConstraints: nobody gives pods a user, and images that name one run as it without a group for their volumes",
                  set("fixed"),
              ),
          ];
}

/** Outcome of asking for a pod that `restricted` forbids, without making it. */
export type Tried = "refused" | "admitted" | "not tried";

export function podSecurityFindings(namespace: string, tried: Tried): Finding[] {
    const id = "DP-CLUSTER-009";
    const subject = "Pod Security admission";
    if (tried === "refused") return [passed(id, subject, `refuses a privileged pod in ${namespace}`)];
    if (tried === "not tried") {
        return [
            finding(
                id,
                "info",
                subject,
                `is tried in ${namespace}, once that is there and this account may make pods in it`,
            ),
        ];
    }
    return [
        finding(
            id,
            "warning",
            subject,
            `would admit a privileged pod in ${namespace}, which enforces restricted by its label`,
            "the API server's --enable-admission-plugins and --admission-control-config-file: PodSecurity, and its exemptions",
        ),
    ];
}

/** Asks by a dry run, which makes nothing. */
async function tryPrivileged(kube: KubeClient, namespace: string, signal: AbortSignal): Promise<Tried> {
    const there = await kube.get({ apiVersion: "v1", kind: "Namespace", name: namespace }, signal);
    if (there?.metadata.labels?.["pod-security.kubernetes.io/enforce"] !== "restricted") return "not tried";
    const container = { name: "main", image: "none", securityContext: { privileged: true } };
    const pod = { metadata: { name: "doctor-privileged", namespace }, spec: { containers: [container] } };
    try {
        const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
        await kube.http.send({
            method: "POST",
            path,
            body: { apiVersion: "v1", kind: "Pod", ...pod },
            signal,
            retry: false,
        });
        return "admitted";
    } catch (error) {
        if (error instanceof KubeError && /violates PodSecurity/.test(error.message)) return "refused";
        // Another rule refuses it (a quota, an account that isn't there yet), or this account may not ask.
        if (error instanceof KubeError && error.status < 500) return "not tried";
        throw error;
    }
}

export const machineChecks = (stack: string): Check[] => [
    {
        what: "architectures of nodes",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => architectureFindings(stack, config, await cluster.list("v1", "Node")),
    },
    {
        what: "who says the users of pods",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => {
            const constraints = await cluster.kind("security.openshift.io/v1", "SecurityContextConstraints");
            return podUserFindings(stack, config, constraints !== undefined);
        },
    },
    {
        what: "Pod Security admission",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => {
            const namespace = `${config.namespaces.prefix ?? stack}-jobs`;
            const tried = await cluster.ask("Pod Security admission", (signal) =>
                tryPrivileged(cluster.kube, namespace, signal),
            );
            return podSecurityFindings(namespace, tried);
        },
    },
];
