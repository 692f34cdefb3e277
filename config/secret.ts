import { z } from "zod";

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
