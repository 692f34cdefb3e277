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

/** The first key of a dotted path. */
export function firstKey(path: string): string {
    return path.split(".")[0];
}
