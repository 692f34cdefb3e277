import type { Finding } from "../findings";
import { mapAt } from "../../kubernetes/objects";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { named } from "./objects";
import { type CachedReader, Unanswered } from "./cluster-reader";
import {
    beyond,
    type BoundRole,
    boundRoles,
    lacking,
    type May,
    type ResourceOf,
    type Right,
    rightsFor,
    rolesIn,
    type Rule,
    rulesOf,
} from "./rights";

/** Lines of a message that list what is lacking. */
const most = 20;

/** Account that asks. */
export interface Account {
    username: string;
}

/** Findings on rights that the account lacks, those in several namespaces together. */
export function accessFindings(stack: string, account: Account, needed: Right[], missing: Right[]): Finding[] {
    if (missing.length === 0) {
        const message = `${account.username} may do all that the stack takes (${needed.length} kinds of objects by namespace)`;
        return [passed("DP-ACCESS-001", "rights", message)];
    }
    const lines = new Map<string, string[]>();
    for (const { group: name, resource, namespace, verbs } of missing) {
        const what = `${verbs.join(", ")} ${name ? `${resource}.${name}` : resource}`;
        lines.set(what, [...(lines.get(what) ?? []), namespace ?? ""]);
    }
    const said = [...lines].map(([what, namespaces]) => {
        const inside = namespaces.filter(Boolean);
        return inside.length > 0 ? `${what} in ${named(inside)}` : `${what} on the cluster`;
    });
    const more = said.length > most ? [`and ${said.length - most} more`] : [];
    return [
        finding(
            "DP-ACCESS-001",
            "error",
            "rights",
            [`${account.username} may not`, ...said.slice(0, most), ...more].join("\n"),
            grant(stack, account),
        ),
    ];
}

/** @param roles with what of them the account lacks */
export function escalationFindings(
    stack: string,
    account: Account,
    roles: { name: string; lacks: string[] }[],
): Finding[] {
    const beyondOwn = roles.filter(({ lacks }) => lacks.length > 0);
    if (beyondOwn.length === 0) {
        return [
            passed("DP-ACCESS-002", "roles", `${account.username} may grant what the stack's ${roles.length} roles do`),
        ];
    }
    const said = beyondOwn.map(({ name, lacks }) => `${name}: ${named(lacks)}`);
    const more = said.length > most ? [`and ${said.length - most} more roles`] : [];
    return [
        finding(
            "DP-ACCESS-002",
            "error",
            "roles",
            [`${account.username} can't grant what it doesn't have itself`, ...said.slice(0, most), ...more].join("\n"),
            grant(stack, account),
        ),
    ];
}

/** For an administrator. */
function grant(stack: string, { username }: Account): string {
    const [, namespace, name] = /^system:serviceaccount:([^:]+):(.+)$/.exec(username) ?? [];
    const who = name ? `--serviceaccount=${namespace}:${name}` : `--user='${username}'`;
    return `kubectl create clusterrolebinding data-platform-${stack} --clusterrole=cluster-admin ${who}   # as an administrator; or grant no more than is listed`;
}

const authorization = "/apis/authorization.k8s.io/v1";

function mayOf(cluster: CachedReader): May {
    return async ({ group: name, resource, verb, namespace }) => {
        const resourceAttributes = { group: name, resource, verb, ...(namespace ? { namespace } : {}) };
        const { status } = await cluster.review<{ status: { allowed?: boolean } }>(
            "rights",
            `${authorization}/selfsubjectaccessreviews`,
            { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec: { resourceAttributes } },
        );
        return status.allowed === true;
    };
}

/** The rules that hold for the account in a namespace, which needn't be there. */
async function rulesIn(cluster: CachedReader, namespace: string): Promise<Rule[]> {
    const { status } = await cluster.review<{ status: { resourceRules?: unknown[]; nonResourceRules?: unknown[] } }>(
        "the account's rules",
        `${authorization}/selfsubjectrulesreviews`,
        { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } },
    );
    return rulesOf([...(status.resourceRules ?? []), ...(status.nonResourceRules ?? [])]);
}

/** Account of the kubeconfig; a server that doesn't say so leaves it open. */
async function account(cluster: CachedReader): Promise<Account> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const said = await cluster
        .review<{ status?: { userInfo?: { username?: string } } }>("the account", path, body)
        .catch(() => undefined);
    return { username: said?.status?.userInfo?.username ?? "this account" };
}

/** The rules of a role that is there already; one that isn't has none yet. Undefined: it may not be read. */
async function rulesOfBound(cluster: CachedReader, { kind, name, roleNamespace, namespace }: BoundRole) {
    const apiVersion = "rbac.authorization.k8s.io/v1";
    try {
        const identity = { apiVersion, kind, name, ...(roleNamespace ? { namespace: roleNamespace } : {}) };
        const rules = rulesOf((await cluster.get(identity))?.rules);
        return { name: `${kind} ${name}, which is bound`, ...(namespace ? { namespace } : {}), rules };
    } catch (error) {
        if (error instanceof Unanswered) return undefined;
        throw error;
    }
}

/** Name of a namespace that isn't there: what holds in it holds on the cluster. */
const nowhere = "data-platform-doctor-nowhere";

export const accessChecks = (stack: string): Check[] => [
    {
        what: "rights",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared: { manifests, releases } }) => {
            const kinds = new Map(
                manifests.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]),
            );
            const known = await Promise.all(
                [...kinds].map(
                    async ([key, { apiVersion, kind }]) => [key, await cluster.kind(apiVersion, kind)] as const,
                ),
            );
            const served = new Map(known);
            const brought = manifests
                .filter(({ kind }) => kind === "CustomResourceDefinition")
                .map(({ spec }) => mapAt(spec));
            const resourceOf: ResourceOf = (apiVersion, kind) => {
                const there = served.get(`${apiVersion} ${kind}`);
                if (there) return there;
                const own = brought.find(
                    (spec) => spec.group === apiVersion.split("/")[0] && mapAt(spec.names).kind === kind,
                );
                return own && { plural: String(mapAt(own.names).plural), namespaced: own.scope === "Namespaced" };
            };
            const needed = rightsFor(manifests, releases, resourceOf);
            const [who, missing] = await Promise.all([account(cluster), lacking(needed, mayOf(cluster))]);
            return accessFindings(stack, who, needed, missing);
        },
    },
    {
        what: "rights to grant what the stack's roles do",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared }) => {
            const made = rolesIn(declared.manifests);
            const bound = boundRoles(declared.manifests);
            if (made.length + bound.length === 0) return [];
            const may = mayOf(cluster);
            const rbac = "rbac.authorization.k8s.io";
            const free = await Promise.all(
                ["roles", "clusterroles"].flatMap((resource) =>
                    ["escalate", "bind"].map((verb) => may({ group: rbac, resource, verb })),
                ),
            );
            const who = await account(cluster);
            if (free.every(Boolean)) {
                const all = [...made, ...bound].map(({ name }) => ({ name, lacks: [] }));
                return escalationFindings(stack, who, all);
            }
            const read = await Promise.all(bound.map((role) => rulesOfBound(cluster, role)));
            const roles = [...made, ...read.filter((role) => role !== undefined)];
            const namespaces = [...new Set(roles.map(({ namespace }) => namespace ?? nowhere))];
            const rules = new Map(
                await Promise.all(namespaces.map(async (name) => [name, await rulesIn(cluster, name)] as const)),
            );
            const compared = roles.map(({ name, namespace, rules: wanted }) => ({
                name,
                lacks: beyond(wanted, rules.get(namespace ?? nowhere) ?? []),
            }));
            const closed = bound.filter((_, index) => !read[index]).map(({ kind, name }) => `${kind} ${name}`);
            const unread =
                closed.length > 0
                    ? [
                          finding(
                              "DP-LOOK-002",
                              "warning",
                              "roles",
                              `${named(closed)}: this account may not read what they grant (403)`,
                          ),
                      ]
                    : [];
            return [...escalationFindings(stack, who, compared), ...unread];
        },
    },
];
