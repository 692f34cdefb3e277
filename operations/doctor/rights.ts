// What an account must be allowed to, by what a stack makes; and what it lacks.
import { groupOf, listAt, type Manifest, mapAt } from "../../kubernetes/objects";
import { Limit } from "../../lib/limit";
import { pluralOf, texts } from "./objects";
import type { Release } from "../../program/collect";

/** Some verbs on one kind of resource, in one namespace or on all of the cluster. */
export interface Right {
    group: string;
    resource: string;
    /** Absent: on the whole cluster. */
    namespace?: string;
    verbs: string[];
}

/** Looks up a kind's resource (its plural); undefined where that isn't known. */
export type ResourceOf = (apiVersion: string, kind: string) => { plural: string; namespaced: boolean } | undefined;

/** Verbs of applying, watching and deleting an object. */
const verbs = ["get", "list", "watch", "create", "patch", "delete"];

/** Helm keeps its records in Secrets, and writes them whole. */
const recordVerbs = ["get", "list", "create", "update", "delete"];

/** Resources that are watched until an object of a kind is ready. */
const watched: Record<string, { group: string; resource: string }[]> = {
    Deployment: [
        { group: "apps", resource: "replicasets" },
        { group: "", resource: "pods" },
    ],
    StatefulSet: [{ group: "", resource: "pods" }],
    DaemonSet: [{ group: "", resource: "pods" }],
    Job: [{ group: "", resource: "pods" }],
    Service: [{ group: "discovery.k8s.io", resource: "endpointslices" }],
};

/** The rights that a stack takes, one a resource and namespace, out of its objects and releases. */
export function rightsFor(
    manifests: Manifest[],
    releases: Pick<Release, "namespace">[],
    resourceOf: ResourceOf,
): Right[] {
    const rights = new Map<string, Right>();
    const need = (right: Right) => {
        const key = JSON.stringify([right.group, right.resource, right.namespace]);
        const known = rights.get(key)?.verbs ?? [];
        rights.set(key, { ...right, verbs: [...new Set([...known, ...right.verbs])] });
    };
    for (const { apiVersion, kind, metadata } of manifests) {
        const { plural, namespaced } = resourceOf(apiVersion, kind) ?? {
            plural: pluralOf(kind.toLowerCase()),
            namespaced: !!metadata.namespace,
        };
        const namespace = namespaced ? metadata.namespace : undefined;
        // CRDs stay when a stack goes.
        const needed = kind === "CustomResourceDefinition" ? verbs.filter((verb) => verb !== "delete") : verbs;
        need({ group: groupOf({ apiVersion }), resource: plural, ...(namespace ? { namespace } : {}), verbs: needed });
        for (const other of watched[kind] ?? []) {
            need({ ...other, ...(namespace ? { namespace } : {}), verbs: ["get", "list", "watch"] });
        }
    }
    for (const { namespace } of releases) need({ group: "", resource: "secrets", namespace, verbs: recordVerbs });
    return [...rights.values()];
}

/** Answers whether the account may; without a namespace it is about all of them. */
export type May = (question: { group: string; resource: string; verb: string; namespace?: string }) => Promise<boolean>;

/** Questions at a time. */
const atOnce = 8;

/**
 * Lists the rights that the account lacks. The wide questions come first, because most who may deploy may do all: everything on the
 * cluster, then all verbs on a resource, then each verb in all namespaces, and only then in each of them.
 */
export async function lacking(rights: Right[], may: May): Promise<Right[]> {
    if (await may({ group: "*", resource: "*", verb: "*" })) return [];
    const limit = new Limit(atOnce);
    const asked = new Map<string, Promise<boolean>>();
    const once: May = (question) => {
        const key = JSON.stringify([question.group, question.resource, question.verb, question.namespace]);
        const answer = asked.get(key) ?? limit.run(() => may(question));
        asked.set(key, answer);
        return answer;
    };
    const among = async (question: Omit<Parameters<May>[0], "verb">, verbs: string[]): Promise<string[]> => {
        if (verbs.length === 0 || (await once({ ...question, verb: "*" }))) return [];
        const answers = await Promise.all(verbs.map((verb) => once({ ...question, verb })));
        return verbs.filter((_, index) => !answers[index]);
    };
    const refused = async ({ group, resource, namespace, verbs }: Right): Promise<string[]> => {
        const everywhere = await among({ group, resource }, verbs);
        return namespace ? among({ group, resource, namespace }, everywhere) : everywhere;
    };
    const left = await Promise.all(rights.map(async (right) => ({ ...right, verbs: await refused(right) })));
    return left.filter(({ verbs }) => verbs.length > 0);
}

/** A rule of a role, as far as resources go. */
export interface Rule {
    groups: string[];
    resources: string[];
    verbs: string[];
    names: string[];
    urls: string[];
}

export function rulesOf(rules: unknown): Rule[] {
    return listAt(rules).map((rule) => ({
        groups: texts(rule.apiGroups),
        resources: texts(rule.resources),
        verbs: texts(rule.verbs),
        names: texts(rule.resourceNames),
        urls: texts(rule.nonResourceURLs),
    }));
}

/** Rules of a role that aren't covered by those that the account has, in words such as `create pods/exec`. */
export function beyond(wanted: Rule[], had: Rule[]): string[] {
    const has = (given: string[], value: string) => given.includes("*") || given.includes(value);
    const covered = (verb: string, groupName: string, resource: string, name?: string) =>
        had.some(
            (rule) =>
                has(rule.verbs, verb) &&
                has(rule.groups, groupName) &&
                (has(rule.resources, resource) || rule.resources.includes(`*/${resource.split("/")[1] ?? ""}`)) &&
                (rule.names.length === 0 || (name !== undefined && rule.names.includes(name))),
        );
    const missing = wanted.flatMap(({ verbs: asked, groups, resources, names, urls }) => [
        ...asked.flatMap((verb) =>
            groups.flatMap((groupName) =>
                resources.flatMap((resource) =>
                    (names.length > 0 ? names : [undefined])
                        .filter((name) => !covered(verb, groupName, resource, name))
                        .map(() => `${verb} ${groupName ? `${resource}.${groupName}` : resource}`),
                ),
            ),
        ),
        ...asked.flatMap((verb) =>
            urls
                .filter(
                    (url) =>
                        !had.some((rule) => has(rule.verbs, verb) && rule.urls.some((each) => urlCovers(each, url))),
                )
                .map((url) => `${verb} ${url}`),
        ),
    ]);
    return [...new Set(missing)];
}

function urlCovers(given: string, url: string): boolean {
    return given === url || (given.endsWith("*") && url.startsWith(given.slice(0, -1)));
}

/** Roles of a stack by the namespace that they hold in; without one, on the cluster. Those that aggregate others have no rules yet. */
export function rolesIn(manifests: Manifest[]): { name: string; namespace?: string; rules: Rule[] }[] {
    return manifests
        .filter(
            ({ apiVersion, kind }) =>
                groupOf({ apiVersion }) === "rbac.authorization.k8s.io" && /^(Cluster)?Role$/.test(kind),
        )
        .map(({ kind, metadata: { name, namespace: written }, rules }) => {
            // Some charts write a namespace where none can be.
            const namespace = kind === "Role" ? written : undefined;
            return {
                name: roleName(kind, name, namespace),
                ...(namespace ? { namespace } : {}),
                rules: rulesOf(rules),
            };
        });
}

function roleName(kind: string, name: string, namespace?: string): string {
    return `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
}

/** A role that the stack binds but doesn't make: what it grants has to be the account's own, too. */
export interface BoundRole {
    kind: string;
    name: string;
    /** Of the role, if it is in one. */
    roleNamespace?: string;
    /** Namespace in which the binding holds; absent: on the cluster. */
    namespace?: string;
}

export function boundRoles(manifests: Manifest[]): BoundRole[] {
    const own = new Set(rolesIn(manifests).map(({ name }) => name));
    const found = new Map<string, BoundRole>();
    for (const { apiVersion, kind, metadata, roleRef } of manifests) {
        if (groupOf({ apiVersion }) !== "rbac.authorization.k8s.io" || !kind.endsWith("RoleBinding")) continue;
        const { kind: roleKind, name } = mapAt(roleRef) as { kind: string; name: string };
        const roleNamespace = roleKind === "Role" ? metadata.namespace : undefined;
        if (own.has(roleName(roleKind, name, roleNamespace))) continue;
        const role = {
            ...{ kind: roleKind, name },
            ...(roleNamespace ? { roleNamespace } : {}),
            ...(kind === "RoleBinding" && metadata.namespace ? { namespace: metadata.namespace } : {}),
        };
        found.set(JSON.stringify(role), role);
    }
    return [...found.values()];
}
