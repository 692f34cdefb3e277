import type { KubeClient } from "../../kubernetes/client";
import type { Engine, StackInfo, StackLock } from "../../engine/engine";
import { ephemeralLabel, stackLabel } from "../teardown/names";
import { isEphemeral } from "./names";

/** A short-lived stack as backend and cluster have it. */
export interface SeenStack extends StackInfo {
    /** Empty where the backend doesn't let locks be seen. */
    locks: StackLock[];
    /** Its namespaces in the cluster. */
    namespaces: string[];
}

/** Namespaces of a short-lived stack that this backend doesn't know. */
export interface Orphan {
    /** By the namespaces' label; may be nobody's any more, or another backend's. */
    stack: string;
    namespaces: string[];
    /** Of the youngest namespace. */
    since: Date;
}

export interface Survey {
    stacks: SeenStack[];
    orphans: Orphan[];
}

interface SeenNamespace {
    name: string;
    stack: string;
    created: Date;
}

/**
 * Every short-lived stack of a backend, and namespaces in the cluster that belong to one which it doesn't know.
 *
 * @param kube Undefined: the cluster can't be reached, so nothing is known of namespaces.
 */
export async function surveyStacks(backend: Engine, kube: KubeClient | undefined, prefix?: string): Promise<Survey> {
    const all = await backend.list();
    const namespaces = kube ? await ephemeralNamespaces(kube) : [];
    const stacks: SeenStack[] = [];
    for (const info of all.filter(({ name }) => isEphemeral(name, prefix))) {
        const own = namespaces.filter(({ stack }) => stack === info.name).map(({ name }) => name);
        stacks.push({ ...info, locks: (await backend.locks(info.name)) ?? [], namespaces: own });
    }
    return { stacks: stacks.sort(byNumber), orphans: orphansAmong(namespaces, all, prefix) };
}

/** Those of stacks that have the prefix and that the backend doesn't have. */
function orphansAmong(namespaces: SeenNamespace[], all: StackInfo[], prefix?: string): Orphan[] {
    const known = new Set(all.map(({ name }) => name));
    const orphaned = namespaces.filter(({ stack }) => isEphemeral(stack, prefix) && !known.has(stack));
    return [...new Set(orphaned.map(({ stack }) => stack))].map((stack) => {
        const own = orphaned.filter((each) => each.stack === stack);
        const youngest = Math.max(...own.map(({ created }) => created.getTime()));
        return { stack, namespaces: own.map(({ name }) => name).sort(), since: new Date(youngest) };
    });
}

async function ephemeralNamespaces(kube: KubeClient): Promise<SeenNamespace[]> {
    const found = await kube.list("v1", "Namespace", { labels: `${ephemeralLabel}=true` });
    return found.map(({ metadata: { name, labels = {}, creationTimestamp } }) => ({
        name,
        stack: labels[stackLabel] ?? "",
        created: new Date(creationTimestamp ?? 0),
    }));
}

function byNumber({ name: one }: { name: string }, { name: other }: { name: string }): number {
    return one.localeCompare(other, "en", { numeric: true });
}
