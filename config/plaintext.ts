/** Paths of the values in a group of secrets that stand in a stack file in the clear. @param group What the file says under its key */
export function plaintextPaths(group: unknown): string[][] {
    if (typeof group !== "object" || group === null || isEncrypted(group)) return [];
    return Object.entries(group).flatMap(([key, value]): string[][] => {
        if (isEncrypted(value)) return [];
        const isGroup = typeof value === "object" && value !== null && !Array.isArray(value);
        return isGroup ? plaintextPaths(value).map((path) => [key, ...path]) : [[key]];
    });
}

/** Tells whether it is a value that the CLI has encrypted. */
export function isEncrypted(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    const entries = Object.entries(value);
    return entries.length === 1 && entries[0][0] === "secure" && typeof entries[0][1] === "string";
}
