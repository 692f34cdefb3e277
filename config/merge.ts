/** A group of keys. */
export type ConfigObject = Record<string, unknown>;

/** One laid over another: groups are merged key by key; everything else, lists too, is replaced. */
export function merge(under: ConfigObject, over: ConfigObject | undefined): ConfigObject {
    return mergeValues(under, over) as ConfigObject;
}

function mergeValues(under: unknown, over: unknown): unknown {
    if (over === undefined) return under;
    if (!isObject(under) || !isObject(over)) return over;
    const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
    return Object.fromEntries([...keys].map((key) => [key, mergeValues(under[key], over[key])]));
}

/** Tells whether it is a group of keys, and no list or single value. */
export function isObject(value: unknown): value is ConfigObject {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
