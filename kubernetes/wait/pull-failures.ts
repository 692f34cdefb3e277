import { KubeObject } from "../client";

/** An image that a node can't pull. */
export interface PullFailure {
    namespace: string;
    pod: string;
    image: string;
    cause: PullCause;
    /** In the words of the runtime or the kubelet. */
    message: string;
}

/** Reasons why an image can't be pulled, by what mends them. */
export type PullCause = "login" | "missing" | "architecture" | "certificate" | "unreachable" | "unknown";

interface Status {
    containerStatuses?: Container[];
    initContainerStatuses?: Container[];
}

interface Container {
    image: string;
    state?: { waiting?: { reason?: string; message?: string } };
}

/** Words of containerd, CRI-O and the registries, the first that fits. */
const causes: [PullCause, RegExp][] = [
    ["certificate", /x509|certificate/i],
    ["architecture", /no match for platform|no matching manifest|exec format/i],
    ["login", /unauthorized|authentication required|authorization failed|denied|forbidden|\b40[13]\b|no basic auth/i],
    ["missing", /not found|manifest unknown|name unknown|\b404\b/i],
    ["unreachable", /no such host|dial tcp|i\/o timeout|connection refused|deadline exceeded|server misbehaving|EOF/],
];

/** Tells by the words of a failed pull what its cause is. */
export function pullCause(message: string): PullCause {
    return causes.find(([, words]) => words.test(message))?.[0] ?? "unknown";
}

/** Images that these pods wait for, and can't have; one entry a pod and image. */
export function pullFailures(pods: KubeObject[]): PullFailure[] {
    return pods.flatMap(({ metadata, status }) => {
        const { containerStatuses = [], initContainerStatuses = [] } = (status ?? {}) as Status;
        const waiting = [...initContainerStatuses, ...containerStatuses].filter(({ state }) =>
            ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"].includes(
                state?.waiting?.reason ?? "",
            ),
        );
        return [...new Map(waiting.map((container) => [container.image, container])).values()].map(
            ({ image, state }) => {
                const { reason = "", message = "" } = state?.waiting ?? {};
                const cause = reason === "ErrImageNeverPull" ? "missing" : pullCause(message);
                return {
                    namespace: metadata.namespace ?? "",
                    pod: metadata.name,
                    image,
                    cause,
                    message: message || reason,
                };
            },
        );
    });
}
