import { groupOf, listAt, type Manifest, mapAt } from "../../kubernetes/objects";
import type { KubeObject } from "../../kubernetes/client";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { named, text, texts } from "./objects";

/** A webhook that refuses what it can't be asked about. */
export interface Strict {
    /** `ValidatingWebhookConfiguration` or `MutatingWebhookConfiguration`. */
    kind: string;
    configuration: string;
    webhook: string;
    service: { namespace: string; name: string };
    /** Groups and plurals that it is asked about. */
    rules: { groups: string[]; resources: string[] }[];
}

/** The webhooks of a configuration that block when nobody answers: those behind a Service whose failure is held against the request. */
export function strictWebhooks({ kind, metadata, webhooks }: KubeObject): Strict[] {
    return listAt(webhooks).flatMap((webhook) => {
        const service = mapAt(webhook.clientConfig, "service");
        const [name, namespace] = [text(service.name), text(service.namespace)];
        if (webhook.failurePolicy === "Ignore" || !name || !namespace) return [];
        return [
            {
                ...{ kind, configuration: metadata.name, webhook: String(webhook.name) },
                service: { namespace, name },
                rules: listAt(webhook.rules).map((rule) => ({
                    groups: texts(rule.apiGroups),
                    resources: texts(rule.resources),
                })),
            },
        ];
    });
}

/** Services, `namespace/name`, with a pod that is ready behind them. */
export function servedBy(slices: KubeObject[]): Set<string> {
    const ready = ({ conditions }: Record<string, unknown>) => mapAt(conditions).ready !== false;
    return new Set(
        slices
            .filter(({ endpoints }) => listAt(endpoints).some(ready))
            .map(({ metadata }) => `${metadata.namespace}/${metadata.labels?.["kubernetes.io/service-name"]}`),
    );
}

/** @param resources what the stack makes, as group and plural */
export function webhookFindings(dead: Strict[], resources: { group: string; plural: string }[]): Finding[] {
    if (dead.length === 0) return [passed("DP-HOOK-001", "admission webhooks", "each that blocks has a pod behind it")];
    return dead.map(({ kind, configuration, webhook, service, rules }) => {
        const matches = (given: string[], value: string) => given.includes("*") || given.includes(value);
        const hit = resources.filter(({ group: name, plural }) =>
            rules.some(
                (rule) =>
                    matches(rule.groups, name) && (matches(rule.resources, plural) || rule.resources.includes("*/*")),
            ),
        );
        const names = named([...new Set(hit.map(({ plural }) => plural))]);
        const message = `has no pod behind its Service ${service.namespace}/${service.name} (webhook ${webhook}), and refuses what it should look at`;
        return finding(
            "DP-HOOK-001",
            hit.length > 0 ? "error" : "warning",
            `${kind} ${configuration}`,
            hit.length > 0 ? `${message}: ${names} of this stack, where its selectors match` : message,
            `kubectl get pods --namespace ${service.namespace}   # if its owner is gone: kubectl delete ${kind.toLowerCase()} ${configuration}`,
        );
    });
}

/** @param services every APIService */
export function apiServiceFindings(services: KubeObject[]): Finding[] {
    const dead = services.flatMap(({ metadata, spec, status }) => {
        const away = listAt(status, "conditions").find(({ type, status: is }) => type === "Available" && is !== "True");
        const service = mapAt(spec, "service");
        return away && service.name
            ? [{ name: metadata.name, service, message: String(away.message ?? away.reason) }]
            : [];
    });
    if (dead.length === 0) return [passed("DP-HOOK-002", "aggregated APIs", "all answer")];
    return dead.map(({ name, service, message }) =>
        finding(
            "DP-HOOK-002",
            "error",
            `APIService ${name}`,
            `doesn't answer: ${message}; until it does no namespace can be deleted`,
            `kubectl get pods --namespace ${String(service.namespace)}   # if its owner is gone: kubectl delete apiservice ${name}`,
        ),
    );
}

const registration = "admissionregistration.k8s.io/v1";

/** Kinds of the stack, as the server calls them; those that it doesn't know yet no webhook can be asked about. */
async function resourcesOf(
    manifests: Manifest[],
    pluralOf: (apiVersion: string, kind: string) => Promise<string | undefined>,
) {
    const kinds = new Map(manifests.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]));
    const found = await Promise.all(
        [...kinds.values()].map(async ({ apiVersion, kind }) => {
            const plural = await pluralOf(apiVersion, kind);
            return plural ? [{ group: groupOf({ apiVersion }), plural }] : [];
        }),
    );
    return found.flat();
}

export const admissionChecks: Check[] = [
    {
        what: "admission webhooks",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared }) => {
            const configurations = await Promise.all(
                ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"].map((kind) =>
                    cluster.list(registration, kind),
                ),
            );
            const strict = configurations.flat().flatMap(strictWebhooks);
            const namespaces = [...new Set(strict.map(({ service }) => service.namespace))];
            const slices = await Promise.all(
                namespaces.map((namespace) => cluster.list("discovery.k8s.io/v1", "EndpointSlice", { namespace })),
            );
            const served = servedBy(slices.flat());
            const dead = strict.filter(({ service }) => !served.has(`${service.namespace}/${service.name}`));
            const resources = await resourcesOf(
                declared.manifests,
                async (apiVersion, kind) => (await cluster.kind(apiVersion, kind))?.plural,
            );
            return webhookFindings(dead, resources);
        },
    },
    {
        what: "aggregated APIs",
        needs: ["cluster"],
        run: async ({ cluster }) => apiServiceFindings(await cluster.list("apiregistration.k8s.io/v1", "APIService")),
    },
];
