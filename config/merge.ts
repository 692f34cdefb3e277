/** A group of keys. */
export type Plain = Record<string, unknown>;

/** One laid over another: groups are merged key by key; everything else, lists too, is replaced. */
export function merge(under: Plain, over: Plain | undefined): Plain {
    return mergeValues(under, over) as Plain;
}

function mergeValues(under: unknown, over: unknown): unknown {
    if (over === undefined) return under;
    if (!isPlain(under) || !isPlain(over)) return over;
    const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
    return Object.fromEntries([...keys].map((key) => [key, mergeValues(under[key], over[key])]));
}

/** Whether it is a group of keys, and no list or single value. */
export function isPlain(value: unknown): value is Plain {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
