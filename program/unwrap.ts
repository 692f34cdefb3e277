import * as pulumi from "@pulumi/pulumi";

/** Takes the wire's secret wrappers off, and says where they were, as dotted paths. */
export function unwrap(value: unknown, path = ""): { plain: unknown; secretPaths: string[] } {
    if (pulumi.runtime.isRpcSecret(value)) {
        const { plain } = unwrap(pulumi.runtime.unwrapRpcSecret(value), path);
        return { plain, secretPaths: [path] };
    }
    if (value === null || typeof value !== "object") return { plain: value, secretPaths: [] };
    const secretPaths: string[] = [];
    const inner = (item: unknown, key: string) => {
        const result = unwrap(item, path ? `${path}.${key}` : key);
        secretPaths.push(...result.secretPaths);
        return result.plain;
    };
    const plain = Array.isArray(value)
        ? value.map((item, index) => inner(item, String(index)))
        : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item, key)]));
    return { plain, secretPaths };
}

/** The key, and its value, that mark a secret on the wire, where `value` has what is secret. */
const mark = { key: "4dabf18193072939515e22adb298388d", secret: "1b47061264138c4ac30d75fd1eb44270" };

/** Finds secrets in inputs as they stand on the wire. When they are read, one makes all that it is in secret. */
export function secretsIn(value: unknown, path: string[] = []): string[][] {
    if (typeof value !== "object" || value === null) return [];
    if ((value as Record<string, unknown>)[mark.key] === mark.secret) return [path];
    return Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, [...path, key]));
}

/** The first key of a dotted path. */
export function firstKey(path: string): string {
    return path.split(".")[0];
}
