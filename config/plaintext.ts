/** The passwords that stand in a stack file in the clear, by user. @param credentials What the file says under that key */
export function plaintextUsers(credentials: unknown): string[] {
    return typeof credentials === "object" && credentials !== null
        ? Object.entries(credentials)
              .filter(([, value]) => !isEncrypted(value))
              .map(([user]) => user)
        : [];
}

/** Tells whether it is a value that the CLI has encrypted. */
export function isEncrypted(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    const entries = Object.entries(value);
    return entries.length === 1 && entries[0][0] === "secure" && typeof entries[0][1] === "string";
}
