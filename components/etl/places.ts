import { posix } from "node:path";

import { z } from "zod";

/** Paths that are the machine's own, or that hide the image. */
const closedPaths = ["/", "/dev", "/proc", "/sys"];

/** Reason why nothing can be mounted at a path; undefined where something can. */
export function mountPathProblem(path: string): string | undefined {
    const form = 'must be an absolute path such as "/work"';
    if (!path.startsWith("/")) return `${form}, which begins with a slash`;
    if (/[^\x20-\x7e]|:|\/\.\.?(\/|$)/.test(path)) return `${form}, without "..", colons and control characters`;
    const plain = placeOf(path);
    return closedPaths.some((each) => plain === each || (each !== "/" && plain.startsWith(`${each}/`)))
        ? `${form}; "${plain}" is the container's own`
        : undefined;
}

/** A path in one way to write it. */
export function placeOf(path: string): string {
    return posix
        .normalize(path)
        .replace(/(?<=.)\/+$/, "")
        .replace(/^\/\//, "/");
}

/** Tells whether a place lies below another one. */
export function isBelow(place: string, above: string): boolean {
    return placeOf(place).startsWith(`${placeOf(above)}/`);
}

/** Reason why a text is no path of a file. */
export function filePathProblem(path: string): string | undefined {
    const form = 'must be the path of a file, such as "/app/service-account.json"';
    return path.endsWith("/") ? `${form}, without a slash at its end` : mountPathProblem(path);
}

/** Reason why a text is no path below a volume, as the kubelet takes it. */
export function itemPathProblem(path: string): string | undefined {
    return /^(?!\.\.)[A-Za-z0-9._-]+(\/(?!\.\.?(\/|$))[A-Za-z0-9._-]+)*$/.test(path) && path !== "."
        ? undefined
        : 'must be the path of a file below the volume, such as "service-account.json", without ".."';
}

/** Mode of files out of Secrets where nothing else is said: the pod's group reads them, nobody else. */
export const groupReads = 0o440;

/** Bits of a file that its owner and the pod's group may have; others have none, and nobody writes it. */
export const fileMode = z
    .number()
    .int()
    .refine(
        (bits) => bits > 0 && (bits & ~0o550) === 0,
        "must be 0o400, 0o440, 0o500 or 0o550: the pod's user and group may read a secret, and nobody may write it",
    );
