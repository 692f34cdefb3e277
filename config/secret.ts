import { z } from "zod";

/** Keys of the config with nothing but secrets below them. Their values are never quoted, and stand in a stack file encrypted only. */
export const secretGroups = ["credentials", "secrets"] as const;

/** Replacement of an encrypted value where there is no passphrase to read it by. */
export const secretPlaceholder = "not-the-real-secret";

/** Tells whether a path of the config leads into one of those groups. */
export function inSecretGroup([first]: PropertyKey[]): boolean {
    return secretGroups.some((group) => group === first);
}

const marked = z.registry<{ reason: "secret" }>();

/** Marks a value of the config as a secret: it may stand in Secrets of the cluster only, which the sentinel's tests hold it to. */
export function secret<T extends z.ZodType>(type: T): T {
    marked.add(type, { reason: "secret" });
    return type;
}

/** Tells whether a value was marked by `secret`. */
export function isSecret(type: z.core.$ZodType): boolean {
    return marked.has(type);
}
