import { existsSync } from "node:fs";

import { groupOf, readStackConfig, stackFile } from "../../program/stack-config";
import { KubeClient, KubeObject } from "../../kubernetes/client";
import { UserError } from "../../lib/errors";
import type { Engine, StackState } from "../../engine/engine";
import { isOperated, planeType, stackLabel } from "./names";
import { Discovery, list, objectsIn } from "./objects";
import type { PlaneUser } from "./types";

/** Tells whether a stack has made cluster add-ons. */
export function hasPlane({ resources }: StackState): boolean {
    return resources.some(({ type }) => type === planeType);
}

/**
 * Other stacks that need the cluster add-ons which this one has made: by their namespaces on the cluster, by references in their
 * states, and by their files. A stack that was destroyed doesn't need it, unless an operator still looks after something of it.
 */
export async function planeUsers(
    stack: string,
    {
        backend,
        kube,
        discovery,
        namespaces,
    }: { backend: Engine; kube: KubeClient; discovery: Discovery; namespaces: KubeObject[] },
): Promise<PlaneUser[]> {
    const users = new Map<string, string[]>();
    const note = (user: string, by: string) => users.set(user, [...(users.get(user) ?? []), by]);
    const others = (await backend.list()).filter(({ name }) => name !== stack);
    const empty = new Set<string>();
    for (const { name } of others) {
        const state = await backend.state(name);
        if (!state.resources.some(({ custom, type }) => custom && !type.startsWith("pulumi:"))) empty.add(name);
        else if (refersTo(state, stack) || fileRefersTo(name, stack)) note(name, `refers to ${stack}`);
    }
    for (const { metadata } of namespaces) {
        const owner = metadata.labels?.[stackLabel];
        if (!owner || owner === stack) continue;
        if (empty.has(owner) && !(await isLookedAfter(kube, metadata.name, discovery))) continue;
        note(owner, `Namespace ${metadata.name}`);
    }
    return [...users]
        .map(([user, by]) => ({ stack: user, by }))
        .sort((one, other) => (one.stack < other.stack ? -1 : 1));
}

/** Objects that this plane's operators look after although they are of no stack; nobody will when the plane has gone. */
export async function strangers({
    kube,
    discovery,
    namespaces,
}: {
    kube: KubeClient;
    discovery: Discovery;
    namespaces: KubeObject[];
}): Promise<string[]> {
    const ofStacks = new Set(
        namespaces.filter(({ metadata }) => metadata.labels?.[stackLabel]).map(({ metadata }) => metadata.name),
    );
    const kinds = discovery.collections.filter((each) => each.namespaced && each.custom && isOperated(each.apiVersion));
    const found = await Promise.all(kinds.map((kind) => list(kube, kind)));
    const counts = new Map<string, number>();
    for (const { identity, metadata } of found.flat()) {
        if (metadata.ownerReferences?.length || ofStacks.has(identity.namespace ?? "")) continue;
        const what = `${identity.kind} in ${identity.namespace}`;
        counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    if (counts.size === 0) return [];
    const all = [...counts].map(([what, number]) => `${number} ${what}`).join(", ");
    return [`of no stack, and without an operator when this stack's cluster plane has gone: ${all}`];
}

/** Tells whether there is something in a namespace that an operator looks after. */
async function isLookedAfter(kube: KubeClient, namespace: string, { collections }: Discovery): Promise<boolean> {
    const operated = collections.filter(({ custom, apiVersion }) => custom && isOperated(apiVersion));
    return (await objectsIn(kube, namespace, operated)).length > 0;
}

/** Pulumi names a reference by the other stack's whole name. */
function refersTo({ resources }: StackState, stack: string): boolean {
    return resources.some(
        ({ type, id, name }) =>
            type === "pulumi:pulumi:StackReference" &&
            [id, name].some((full) => full === stack || full?.endsWith(`/${stack}`) === true),
    );
}

function fileRefersTo(other: string, stack: string): boolean {
    const file = stackFile(other);
    if (!existsSync(file)) return false;
    try {
        const { mode, stack: named } = groupOf(readStackConfig(file).values, "cluster") ?? {};
        return mode === "shared" && (named === stack || String(named).endsWith(`/${stack}`));
    } catch {
        // A file that can't be read says nothing; what it stands for is seen in the cluster.
        return false;
    }
}

/** @throws UserError that names the stacks which need this one's cluster add-ons */
export function refuseShared(stack: string, users: PlaneUser[]): void {
    if (users.length === 0) return;
    const names = users.map((user) => user.stack);
    throw new UserError(
        `the cluster plane of the stack ${stack} is needed by ${names.join(", ")}; nothing was changed`,
        {
            evidence: users.map((user) => `${user.stack}: ${user.by.join(", ")}`),
            fix: `tear them down first: ${names.map((name) => `data-platform teardown --stack ${name}`).join("; ")}; a namespace that nobody needs any more: kubectl delete namespace <name>`,
        },
    );
}
