import { identityOf, Identity, KubeClient, KubeError, KubeObject } from "../../kubernetes/client";
import { groupOf } from "../../kubernetes/objects";
import { shortType } from "../../engine/builtin/change";
import type { StackInfo, StackResource, StackState } from "../../engine/engine";
import { definitionApi, definitionKind } from "../../program/definitions/definition";
import { crdsType, resourceName, stackLabel } from "./names";
import { Discovery, discover, objectsIn, Seen } from "./objects";
import { hasPlane, planeUsers, strangers } from "./plane";
import { inWords, reach } from "./reach";
import type { Claim, OwnNamespace, TeardownPlan, TeardownTarget } from "./types";

/** Facts that a plan was made from, for who carries it out. */
export interface Surveyed {
    plan: TeardownPlan;
    state: StackState;
    info?: StackInfo;
    /** None while the cluster doesn't answer. */
    discovery?: Discovery;
}

/** Plans a teardown. Reads only. @throws UserError when the cluster doesn't let us look */
export async function planTeardown(target: TeardownTarget): Promise<TeardownPlan> {
    return inWords(target.stack, async () => (await survey(target)).plan);
}

/** Looks at the stack, in its state and in the cluster. */
export async function survey({ backend, kube, stack, unreachable }: TeardownTarget): Promise<Surveyed> {
    const info = await backend.find(stack);
    const state = info ? await backend.state(stack) : { resources: [], pending: [] };
    const cluster = await reach({ kube, unreachable });
    const real = state.resources.filter(isReal);
    const guarded = state.resources.filter(({ protect }) => protect);
    const plan: TeardownPlan = {
        ...{ stack, exists: info !== undefined, cluster, nothing: real.length === 0 && state.pending.length === 0 },
        goes: countOf(real.filter(({ retainOnDelete, protect }) => !retainOnDelete && !protect)),
        outside: [],
        namespaces: [],
        keeps: real.flatMap(({ retainOnDelete, object }) =>
            retainOnDelete && object && object.kind !== "Namespace" ? [object] : [],
        ),
        protected: guarded.map(resourceName),
        sharedBy: [],
        notes: pendingNotes(stack, state),
    };
    if (!cluster.answers || !kube) return { plan, state, info };

    const discovery = await discover(kube);
    const all = await kube.list("v1", "Namespace");
    plan.notes.push(...deadNotes(discovery));
    plan.namespaces = await namespacesOf(stack, real, all, kube);
    plan.keeps.push(...(await appliedDefinitions(real, kube, plan.keeps)));
    plan.nothing &&= plan.namespaces.length === 0;
    if (hasPlane(state)) {
        plan.sharedBy = await planeUsers(stack, { backend, kube, discovery, namespaces: all });
        plan.notes.push(...(await strangers({ kube, discovery, namespaces: all })));
    }
    const going = plan.namespaces.filter(({ fate }) => fate === "goes").map(({ name }) => name);
    plan.outside = (await outsiders(kube, going, state, discovery)).map(({ identity }) => identity);
    return { plan, state, info, discovery };
}

/** CRDs that the stack has applied, by its records of them; they are no resources of its own, and stay. */
export async function appliedDefinitions(
    resources: StackResource[],
    kube: KubeClient,
    known: Identity[],
): Promise<Identity[]> {
    const records = resources.flatMap(({ urn, object }) =>
        urn.includes(crdsType + "$") && object?.kind === "ConfigMap" ? [object] : [],
    );
    const found = await Promise.all(records.map((record) => kube.get(record)));
    const has = new Set(known.map(keyOf));
    return found
        .flatMap((record) => Object.keys((record?.data ?? {}) as object))
        .map((name) => ({ apiVersion: definitionApi, kind: definitionKind, name }))
        .filter((each) => !has.has(keyOf(each)));
}

/** Tells whether there is something of it outside of Pulumi itself. */
export function isReal({ custom, type }: StackResource): boolean {
    return custom && !type.startsWith("pulumi:");
}

/** Objects in namespaces that go which nobody else would delete before an operator is gone: made by DAGs, or by hand. */
export async function outsiders(
    kube: KubeClient,
    namespaces: string[],
    { resources }: StackState,
    { collections }: Discovery,
): Promise<Seen[]> {
    const known = new Set(resources.flatMap(({ object }) => (object ? [keyOf(object)] : [])));
    const kinds = collections.filter(
        ({ custom, apiVersion, kind }) => custom || (apiVersion === "v1" && kind === "Pod"),
    );
    const found = await Promise.all(namespaces.map((namespace) => objectsIn(kube, namespace, kinds)));
    return found.flat().filter(
        ({ identity, metadata }) =>
            !metadata.deletionTimestamp &&
            !metadata.ownerReferences?.length &&
            // Helm deletes its own, and waits for its hooks.
            !metadata.annotations?.["meta.helm.sh/release-name"] &&
            !metadata.annotations?.["helm.sh/hook"] &&
            !known.has(keyOf(identity)),
    );
}

/** The same object under any version of its kind. */
export function keyOf({ apiVersion, kind, namespace, name }: Identity): string {
    return [groupOf({ apiVersion }), kind, namespace ?? "", name].join("/");
}

function countOf(resources: StackResource[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { type, object } of resources) {
        const kind = object?.kind ?? shortType(type);
        counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
}

/** The stack's namespaces: those in its state, and those that carry its label whatever the state says. */
async function namespacesOf(
    stack: string,
    resources: StackResource[],
    all: KubeObject[],
    kube: KubeClient,
): Promise<OwnNamespace[]> {
    const declared = new Map(
        resources.flatMap((each) => (each.object?.kind === "Namespace" ? [[each.object.name, each] as const] : [])),
    );
    const guarded = new Set(
        resources.flatMap(({ protect, object, release }) =>
            protect ? [object?.namespace ?? release?.namespace ?? object?.name ?? ""] : [],
        ),
    );
    const ours = all
        .filter(({ metadata }) => declared.has(metadata.name) || metadata.labels?.[stackLabel] === stack)
        .map(({ metadata }) => metadata.name);
    const volumes = await volumesByClaim(kube);
    return Promise.all(
        ours.map(async (name): Promise<OwnNamespace> => {
            const resource = declared.get(name);
            const fate = !resource
                ? "unknown"
                : resource.retainOnDelete
                  ? "kept"
                  : guarded.has(name)
                    ? "protected"
                    : "goes";
            return { name, fate, claims: await claimsIn(name, kube, volumes) };
        }),
    );
}

interface Volume {
    name: string;
    policy?: string;
}

async function volumesByClaim(kube: KubeClient): Promise<Map<string, Volume>> {
    const volumes = await kube.list("v1", "PersistentVolume").catch(noneIfForbidden);
    return new Map(
        volumes.flatMap(({ metadata, spec }) => {
            const { claimRef, persistentVolumeReclaimPolicy: policy } = (spec ?? {}) as {
                claimRef?: { namespace?: string; name?: string };
                persistentVolumeReclaimPolicy?: string;
            };
            return claimRef
                ? [[`${claimRef.namespace}/${claimRef.name}`, { name: metadata.name, policy }] as const]
                : [];
        }),
    );
}

async function claimsIn(namespace: string, kube: KubeClient, volumes: Map<string, Volume>): Promise<Claim[]> {
    const claims = await kube.list("v1", "PersistentVolumeClaim", { namespace }).catch(noneIfForbidden);
    return claims.map((claim) => {
        const { name } = identityOf(claim);
        const volume = volumes.get(`${namespace}/${name}`);
        const size = (claim.status?.capacity as { storage?: string } | undefined)?.storage;
        return {
            claim: `PersistentVolumeClaim ${namespace}/${name}`,
            ...(volume ? { volume: volume.name, policy: volume.policy } : {}),
            ...(size ? { size } : {}),
        };
    });
}

/** Treats what may not be listed as nothing; the plan is about what can be seen. */
export function noneIfForbidden(error: unknown): KubeObject[] {
    if (error instanceof KubeError && [403, 404].includes(error.status)) return [];
    throw error;
}

function pendingNotes(stack: string, { pending }: StackState): string[] {
    if (pending.length === 0) return [];
    const names = pending.map(({ kind, resource }) => `${kind} ${resourceName(resource)}`).join(", ");
    return [
        `the last update was cut off (${names}); what it made outside of the stack's namespaces may stay: data-platform recover --stack ${stack} settles that first`,
    ];
}

function deadNotes({ dead }: Discovery): string[] {
    if (dead.length === 0) return [];
    return [
        `the API server lists ${dead.join(", ")} but can't serve it: until that is mended or its APIService deleted, no namespace goes (kubectl get apiservices)`,
    ];
}
