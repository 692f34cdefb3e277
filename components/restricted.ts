/** What Pod Security `restricted` asks of a pod, in the order that hashes of what holds it have. */
export function restrictedPod(ids: { runAsUser?: number; runAsGroup?: number; fsGroup?: number } = {}) {
    return { runAsNonRoot: true, ...ids, seccompProfile: { type: "RuntimeDefault" } };
}

/** What it asks of a container, and a root file system that can't be written to. */
export function restrictedContainer<Own extends object>(own?: Own) {
    return {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        ...own,
        capabilities: { drop: ["ALL"] },
    };
}
