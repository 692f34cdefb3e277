import { createHash } from "node:crypto";

import { isRecord, type Manifest } from "../../kubernetes/objects";

type Group = Record<string, unknown>;

/** Shorter JSON is read well enough in one line. */
const longLine = 80;

/**
 * A copy of an object in a form whose lines can be compared: JSON that stands in one long line is laid out, and bytes are told by
 * their number and checksum.
 */
export function readable(manifest: Manifest): Manifest {
    // CRDs run to ten thousand lines, and hold neither.
    if (manifest.kind === "CustomResourceDefinition") return manifest;
    const { binaryData, ...rest } = manifest as Manifest & { binaryData?: unknown };
    const clean = inside(rest) as Group;
    return (isRecord(binaryData) ? { ...clean, binaryData: mapped(binaryData, bytesOf) } : clean) as Manifest;
}

function inside(value: unknown): unknown {
    if (typeof value === "string") return laidOut(value);
    if (Array.isArray(value)) return value.map(inside);
    return isRecord(value) ? mapped(value, inside) : value;
}

function laidOut(text: string): string {
    if (text.length < longLine || !/^\s*[[{]/.test(text)) return text;
    try {
        const value: unknown = JSON.parse(text);
        // Numbers beyond what JavaScript can tell apart, and keys that are there twice, stay as they are written.
        const compact = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
        return JSON.stringify(value) === compact ? `${JSON.stringify(value, undefined, 2)}\n` : text;
    } catch {
        return text;
    }
}

function bytesOf(value: unknown): unknown {
    if (typeof value !== "string") return value;
    const bytes = Buffer.from(value, "base64");
    return `<${bytes.length} bytes, sha256 ${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}>`;
}

function mapped(group: Group, change: (value: unknown) => unknown): Group {
    return Object.fromEntries(Object.entries(group).map(([key, value]) => [key, change(value)]));
}
