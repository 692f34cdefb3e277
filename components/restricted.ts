/** Users of a pod's processes and of its volumes, as a security context names them. */
interface Ids {
    runAsUser?: number;
    runAsGroup?: number;
    fsGroup?: number;
}

let assigned = false;

/** Tells who says the users of all pods that are made after it: the stack, or the cluster, which gives each namespace a range of its own. */
export function podUsers(by: "fixed" | "assigned" = "fixed"): void {
    assigned = by === "assigned";
}

/** These users, where the stack says them; none where the cluster does. */
export function fixedIds<T extends Ids>(ids: T): T | Partial<T> {
    return assigned ? {} : ids;
}

/** Chart values that take upstream's own users away where the cluster says them; nothing where they stand. */
export function withoutIds(...keys: (keyof Ids)[]): Partial<Record<keyof Ids, null>> {
    return assigned ? Object.fromEntries(keys.map((key) => [key, null])) : {};
}

/** Security context of a pod under Pod Security `restricted`. Jobs are named by a hash over it: the order of the keys stays. */
export function restrictedPod(ids: Ids = {}) {
    return { runAsNonRoot: true, ...fixedIds(ids), seccompProfile: { type: "RuntimeDefault" } };
}

/** Security context of a container under `restricted`, with a read-only root file system. */
export function restrictedContainer<Own extends object>(own?: Own) {
    return {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        ...own,
        capabilities: { drop: ["ALL"] },
    };
}
