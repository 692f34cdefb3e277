import { createHash } from "node:crypto";

/**
 * The round of a system's passwords, as it goes into chart values and annotations: another one restarts what has read them.
 *
 * A generated password changes with `rotation` alone. One of the team's own may change at any time, so a short hash of those
 * follows: 16 bits, which tell that something changed and nothing about what.
 */
export function roundOf(rotation: number, own: Record<string, string>): string {
    const entries = Object.entries(own).sort(([one], [other]) => one.localeCompare(other));
    if (entries.length === 0) return String(rotation);
    return `${rotation}-${createHash("sha256").update(JSON.stringify(entries)).digest("hex").slice(0, 4)}`;
}

/**
 * The round of the object store's. A letter more than `roundOf` says: the access keys, which were the applications' names once, are
 * as random as the passwords, and what had read the old ones must be restarted.
 */
export function storeRound(rotation: number, credentials: Record<string, string> | undefined): string {
    return roundOf(rotation, { ...ownPasswords(credentials, "objectStore"), "access keys": "random" });
}

/** Those passwords of the team's own that are of one system, e.g. `objectStore`. */
export function ownPasswords(credentials: Record<string, string> | undefined, system: string): Record<string, string> {
    return Object.fromEntries(Object.entries(credentials ?? {}).filter(([key]) => key.startsWith(`${system}.`)));
}
