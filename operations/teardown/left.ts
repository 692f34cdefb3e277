import { Identity, KubeClient, KubeObject, nameOf } from "../../kubernetes/client";
import type { StackState } from "../../engine/engine";
import { isOperatedDefinition, operatorNamespaces, stackLabel, usualNamespaces } from "./names";
import { deadServices } from "./namespaces";
import { Collection, definitionNames, Discovery, kubectlName, list, objectsIn, Seen } from "./objects";
import { keyOf, noneIfForbidden } from "./plan";
import type { Leftover, TeardownPlan } from "./types";

/** Sources of the search for leftovers. */
export interface Afterwards {
    kube: KubeClient;
    stack: string;
    /** Plan of before. */
    plan: TeardownPlan;
    before: StackState;
    /** State of after: what was protected. */
    after: StackState;
    discovery: Discovery;
}

const definition = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };
const helm = { name: "meta.helm.sh/release-name", namespace: "meta.helm.sh/release-namespace" };

/** Finds what a stack has left behind, and what others have beside it. Nothing of it is deleted. */
export async function findLeftovers(at: Afterwards): Promise<Leftover[]> {
    const namespaces = await at.kube.list("v1", "Namespace");
    const there = new Set(namespaces.map(({ metadata }) => metadata.name));
    return [
        ...(await inNamespaces(at, namespaces)),
        ...(await kept(at, there)),
        ...(await volumes(at)),
        ...(await orphans(at)),
        ...(await deadServices(at.kube)).map(({ service, what }): Leftover => ({
            object: `APIService ${service}`,
            whose: "nobody",
            why: `${what} does not answer; while it is there no namespace can be deleted`,
            fix: `kubectl delete apiservice ${service}`,
        })),
        ...ofOthers(at.stack, namespaces),
    ];
}

/** The stack's namespaces that are still there, and what is in them. */
async function inNamespaces(at: Afterwards, namespaces: KubeObject[]): Promise<Leftover[]> {
    const { kube, stack, plan, after } = at;
    const fates = new Map(plan.namespaces.map(({ name, fate }) => [name, fate]));
    const ours = namespaces.filter(
        ({ metadata }) => fates.has(metadata.name) || metadata.labels?.[stackLabel] === stack,
    );
    const known = new Set([...plan.keeps, ...after.resources.flatMap(({ object }) => object ?? [])].map(keyOf));
    const releases = new Set(after.resources.flatMap(({ release }) => (release ? [releaseKey(release)] : [])));
    const found = await Promise.all(
        ours.map(async ({ metadata: { name } }): Promise<Leftover[]> => {
            const fate = fates.get(name) ?? "unknown";
            const inside = (await objectsIn(kube, name, at.discovery.collections)).filter(isOwn);
            const isKept = fate === "kept" || fate === "protected";
            const whole: Leftover = {
                object: `Namespace ${name}`,
                whose: isKept ? "kept" : "nobody",
                why: isKept ? reasons[fate] : "it carries the stack's label, but the stack's state doesn't know it",
                fix: `kubectl delete namespace ${name}`,
            };
            return [whole, ...inside.map((seen) => within(seen, { isKept, known, releases }))];
        }),
    );
    return found.flat();
}

const reasons = {
    kept: "the stack keeps it when it goes, with the volumes in it",
    protected: "something in it is protected",
};

function within(
    { identity, metadata }: Seen,
    { isKept, known, releases }: { isKept: boolean; known: Set<string>; releases: Set<string> },
): Leftover {
    const { [helm.name]: name, [helm.namespace]: namespace } = metadata.annotations ?? {};
    const ofRelease = name !== undefined && releases.has(releaseKey({ name, namespace: namespace ?? "" }));
    const helmsRecord =
        metadata.labels?.owner === "helm" && releases.has(`${identity.namespace}/${metadata.labels.name}`);
    const claim = identity.kind === "PersistentVolumeClaim";
    const ours = isKept && (known.has(keyOf(identity)) || ofRelease || helmsRecord || claim);
    return {
        object: nameOf(identity),
        whose: ours ? "kept" : "nobody",
        why: ours
            ? claim
                ? "data that the stack keeps"
                : "kept with its namespace"
            : "in a namespace of the stack, but the state doesn't know it",
        fix: `kubectl delete ${kubectlName(identity)}`,
    };
}

/** Tells objects that Kubernetes itself puts into every namespace, and those that go with something else. */
function isOwn({ identity: { kind, name }, metadata }: Seen): boolean {
    if (metadata.ownerReferences?.length) return false;
    return !(kind === "ServiceAccount" && name === "default") && !(kind === "ConfigMap" && name === "kube-root-ca.crt");
}

/** Finds what stays on purpose outside of the stack's namespaces: CRDs, above all. */
async function kept({ kube, plan }: Afterwards, there: Set<string>): Promise<Leftover[]> {
    const definitions = await definitionNames(kube);
    // A stack that is gone for long has no state that would tell; then nobody else's operators may be there.
    const old = [...definitions].filter(isOperatedDefinition).map((name): Identity => ({ ...definition, name }));
    const isPlaneGone = !operatorNamespaces.some((name) => there.has(name));
    const wanted = plan.keeps.length > 0 || !isPlaneGone ? plan.keeps : old;
    const outside = wanted.filter(({ namespace }) => namespace === undefined);
    const found = await Promise.all(
        outside.map(async (identity) =>
            identity.kind === definition.kind
                ? definitions.has(identity.name)
                : (await kube.get(identity)) !== undefined,
        ),
    );
    return outside
        .filter((_, index) => found[index])
        .map((identity) => ({
            object: nameOf(identity),
            whose: "kept",
            why:
                identity.kind === definition.kind
                    ? "definitions outlive the stack: with one goes every object of its kind, whoever made it"
                    : "the stack keeps it when it goes",
            fix: `kubectl delete ${kubectlName(identity)}`,
        }));
}

/** Volumes that were claimed in the stack's namespaces and that nobody claims any more. */
async function volumes({ kube, stack, plan, before }: Afterwards): Promise<Leftover[]> {
    const namespaces = new Set([
        ...plan.namespaces.map(({ name }) => name),
        ...before.resources.flatMap(({ object }) => (object?.kind === "Namespace" ? [object.name] : [])),
        ...usualNamespaces(stack),
    ]);
    const all = await kube.list("v1", "PersistentVolume").catch(noneIfForbidden);
    return all.flatMap(({ metadata, spec, status }): Leftover[] => {
        const { claimRef, persistentVolumeReclaimPolicy: policy } = (spec ?? {}) as {
            claimRef?: { namespace?: string; name?: string };
            persistentVolumeReclaimPolicy?: string;
        };
        const { phase, message } = (status ?? {}) as { phase?: string; message?: string };
        if (!namespaces.has(claimRef?.namespace ?? "") || phase === "Bound") return [];
        const was = `it was ${claimRef?.namespace}/${claimRef?.name}`;
        return [
            {
                object: `PersistentVolume ${metadata.name}`,
                whose: "nobody",
                why:
                    policy === "Retain"
                        ? `${was}; its reclaim policy is Retain, so its data is still on its disk`
                        : `${was}; its provisioner has not freed it (${[phase, message].filter(Boolean).join(": ")})`,
                fix: `kubectl delete persistentvolume ${metadata.name}${policy === "Retain" ? ", then its disk where it comes from" : ""}`,
            },
        ];
    });
}

/** Cluster-wide objects of releases that are gone: of one whose records somebody deleted, Helm knows nothing any more. */
async function orphans({ kube, before, after, discovery }: Afterwards): Promise<Leftover[]> {
    const still = new Set(after.resources.flatMap(({ release }) => (release ? [releaseKey(release)] : [])));
    const gone = new Set(
        before.resources.flatMap(({ release }) =>
            release && !still.has(releaseKey(release)) ? [releaseKey(release)] : [],
        ),
    );
    if (gone.size === 0) return [];
    const kinds = discovery.collections.filter(({ namespaced, kind }) => !namespaced && !unlabelled.includes(kind));
    const found = await Promise.all(kinds.map((collection: Collection) => list(kube, collection)));
    return found.flat().flatMap(({ identity, metadata }): Leftover[] => {
        const { [helm.name]: name, [helm.namespace]: namespace } = metadata.annotations ?? {};
        if (name === undefined || !gone.has(releaseKey({ name, namespace: namespace ?? "" }))) return [];
        return [
            {
                object: nameOf(identity),
                whose: "nobody",
                why: `the release ${namespace}/${name} made it; it stayed when that went`,
                fix: `kubectl delete ${kubectlName(identity)}`,
            },
        ];
    });
}

/** Kinds that no chart of ours makes, and of which there may be many. */
const unlabelled = [
    "Node",
    "PersistentVolume",
    "Namespace",
    "CertificateSigningRequest",
    "VolumeAttachment",
    "CSINode",
];

function ofOthers(stack: string, namespaces: KubeObject[]): Leftover[] {
    const others = new Map<string, string[]>();
    for (const { metadata } of namespaces) {
        const owner = metadata.labels?.[stackLabel];
        if (owner && owner !== stack) others.set(owner, [...(others.get(owner) ?? []), metadata.name]);
    }
    return [...others].map(([other, names]) => ({
        object: names.map((name) => `Namespace ${name}`).join(", "),
        whose: "other-stack",
        of: other,
        why: `of the stack ${other}, untouched`,
        fix: `data-platform teardown --stack ${other}`,
    }));
}

function releaseKey({ name, namespace }: { name: string; namespace: string }): string {
    return `${namespace}/${name}`;
}
