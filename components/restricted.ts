/** Security context of a pod under Pod Security `restricted`. Jobs are named by a hash over it: the order of the keys stays. */
export function restrictedPod(ids: { runAsUser?: number; runAsGroup?: number; fsGroup?: number } = {}) {
    return { runAsNonRoot: true, ...ids, seccompProfile: { type: "RuntimeDefault" } };
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
