import { existsSync, readFileSync } from "node:fs";

import { parse } from "yaml";

/**
 * The passwords that stand in a stack file in the clear, by user. The engine only tells that some part of `credentials` is
 * encrypted; which, the file alone can say.
 *
 * @param file Its absence is no mistake: the CLI may have been given another one.
 * @param key Full key of the passwords, e.g. `data-platform:credentials`
 */
export function plaintextUsers(file: string, key: string): string[] {
    if (!existsSync(file)) return [];
    let document: { config?: Record<string, unknown> } | null;
    try {
        document = parse(readFileSync(file, "utf8")) as typeof document;
    } catch {
        // Whoever reads the config itself says so.
        return [];
    }
    const credentials = document?.config?.[key] ?? {};
    return typeof credentials === "object"
        ? Object.entries(credentials)
              .filter(([, value]) => !isEncrypted(value))
              .map(([user]) => user)
        : [];
}

function isEncrypted(value: unknown): boolean {
    return typeof value === "object" && value !== null && "secure" in value;
}
