import type { Problem } from "../errors";
import type { ConfigObject } from "../merge";
import type { PlatformConfig } from "../schema";
import { externalStoreRules } from "./object-store-external";
import { problem } from "./rule";

/**
 * Rules across keys, which no single type expresses.
 *
 * @param given What the stack file says itself.
 */
export function objectStoreRules(config: PlatformConfig, given: ConfigObject): Problem[] {
    return [...(config.objectStore.kind === "minio" ? minioRules(config) : []), ...externalStoreRules(config, given)];
}

function minioRules({ objectStore: { nodes }, credentials = {} }: PlatformConfig): Problem[] {
    const keys = Object.entries(credentials).filter(([user]) => /^objectStore\..*\.accessKey$/.test(user));
    return [
        ...problem(
            nodes === 2 || nodes === 3,
            "objectStore.nodes",
            `${nodes} can't be: one server serves one ReadWriteOnce volume, and MinIO spreads data over at least four; use 1 or 4 to 16`,
        ),
        // It is a word in requests, and a name in the store.
        ...keys
            .filter(([, key]) => !/^[A-Za-z0-9_-]+$/.test(key))
            .map(([user]) => ({
                key: `credentials["${user}"]`,
                message: "can't be an access key: letters, digits, _ and - only",
            })),
        ...keys
            .filter(([, key], index) => keys.findIndex(([, other]) => other === key) !== index)
            .map(([user]) => ({
                key: `credentials["${user}"]`,
                message: "is another user's access key already; each needs one of its own",
            })),
    ];
}
