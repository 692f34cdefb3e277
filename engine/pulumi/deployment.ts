import type { Identity } from "../../kubernetes/client";
import type { PendingOperation, StackResource, StackState } from "../engine";

/** A resource as `pulumi stack export` has it, as far as it is looked at. */
export interface Exported {
    urn: string;
    type: string;
    custom: boolean;
    id?: string;
    protect?: boolean;
    retainOnDelete?: boolean;
    inputs?: Record<string, unknown>;
    parent?: string;
    /** `<urn of the provider>::<id of the provider>`. */
    provider?: string;
    dependencies?: string[] | null;
    propertyDependencies?: Record<string, string[] | null> | null;
    deletedWith?: string;
}

/** Output of `pulumi stack export`. Whatever else it has in it is handed back as it was. */
export interface Deployment {
    version: number;
    deployment: {
        resources?: Exported[] | null;
        pending_operations?: { resource: Exported; type: PendingOperation["kind"] }[] | null;
    };
}

/** Resources of a stack, and the operations that it had begun. */
export function stateOf({ deployment }: Deployment): StackState {
    return {
        resources: (deployment.resources ?? []).map(resourceOf),
        pending: (deployment.pending_operations ?? []).map(({ type, resource }) => ({
            kind: type,
            resource: resourceOf(resource),
        })),
    };
}

/** A deployment without some of its resources; what stays doesn't refer to them any more. */
export function without({ deployment, ...rest }: Deployment, gone: (resource: Exported) => boolean): Deployment {
    const resources = deployment.resources ?? [];
    const removed = new Map(resources.filter(gone).map((resource) => [resource.urn, resource]));
    const stays = (urn: string) => !removed.has(urn);
    const nearest = (urn: string | undefined): string | undefined =>
        urn === undefined || stays(urn) ? urn : nearest(removed.get(urn)?.parent);
    const kept = resources
        .filter(({ urn }) => stays(urn))
        .map((resource) => ({
            ...resource,
            parent: nearest(resource.parent),
            dependencies: resource.dependencies?.filter(stays),
            propertyDependencies:
                resource.propertyDependencies &&
                Object.fromEntries(
                    Object.entries(resource.propertyDependencies).map(([key, urns]) => [key, urns?.filter(stays)]),
                ),
            deletedWith: resource.deletedWith && stays(resource.deletedWith) ? resource.deletedWith : undefined,
        }));
    return { ...rest, deployment: { ...deployment, resources: kept, pending_operations: undefined } } as Deployment;
}

/**
 * A deployment without its pending operations. What was being made and is there is taken in, with its id and without any outputs:
 * a refresh of `look` then reads them, and what had become of other operations.
 */
export function settled(
    { deployment, ...rest }: Deployment,
    imports: { urn: string; id: string }[],
): { deployment: Deployment; look: string[] } {
    const ids = new Map(imports.map(({ urn, id }) => [urn, id]));
    const known = new Set((deployment.resources ?? []).map(({ urn }) => urn));
    const pending = deployment.pending_operations ?? [];
    const made = pending
        .filter(({ type, resource: { urn } }) => type === "creating" && ids.has(urn) && !known.has(urn))
        .map(({ resource }) => ({ ...resource, id: ids.get(resource.urn), outputs: {} }));
    const begun = pending.filter(({ resource }) => known.has(resource.urn));
    return {
        deployment: {
            ...rest,
            deployment: {
                ...deployment,
                resources: [...(deployment.resources ?? []), ...made],
                pending_operations: undefined,
            },
        } as Deployment,
        look: [...new Set([...made.map(({ urn }) => urn), ...begun.map(({ resource }) => resource.urn)])],
    };
}

function resourceOf({ urn, type, custom, id, protect, retainOnDelete, inputs = {} }: Exported): StackResource {
    const isRelease = type === "kubernetes:helm.sh/v3:Release";
    const object = isRelease ? undefined : objectOf(type, inputs, id);
    const release = isRelease ? placeOf(id, inputs) : undefined;
    return {
        ...{ urn, type, name: urn.split("::").slice(3).join("::"), custom },
        ...(id ? { id } : {}),
        ...{ protect: protect === true, retainOnDelete: retainOnDelete === true },
        ...(object ? { object } : {}),
        ...(release?.namespace ? { release: { name: release.name, namespace: release.namespace } } : {}),
    };
}

/** The object that a resource of the Kubernetes provider is; components and what isn't an object have none. */
function objectOf(type: string, inputs: Record<string, unknown>, id: string | undefined): Identity | undefined {
    const { apiVersion, kind, metadata } = inputs;
    if (!type.startsWith("kubernetes:") || typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
    const place = placeOf(id, (metadata ?? {}) as Record<string, unknown>);
    return place && { apiVersion, kind, ...place };
}

/** Namespace and name by the provider's id, `ns/name` or `name`, or by what was declared while there is no id yet. */
function placeOf(
    id: string | undefined,
    { name, namespace }: Record<string, unknown>,
): { name: string; namespace?: string } | undefined {
    const [last, first] = (id ?? "").split("/").reverse();
    if (last) return { name: last, ...(first ? { namespace: first } : {}) };
    if (typeof name !== "string") return undefined;
    return { name, ...(typeof namespace === "string" ? { namespace } : {}) };
}
