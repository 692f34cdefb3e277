import { readStackFile } from "../../program/stack-config";
import { existsSync } from "node:fs";

/**
 * Keys of a stack's settings that are encrypted and stand otherwise in two of its files, by path, e.g.
 * `data-platform:database.password`. A value that was only encrypted anew counts, too: nobody but the engine can tell.
 */
export function changedSecrets(before: string, after: string): string[] {
    const [one, other] = [before, after].map(
        (file) => new Map(existsSync(file) ? encrypted(readStackFile(file).config ?? {}) : []),
    );
    return [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path)).sort();
}

function encrypted(value: unknown, path: string[] = []): [string, string][] {
    if (typeof value !== "object" || value === null) return [];
    const entries = Object.entries(value);
    if (entries.length === 1 && entries[0][0] === "secure") return [[path.join("."), String(entries[0][1])]];
    return entries.flatMap(([key, inner]) => encrypted(inner, [...path, key]));
}
