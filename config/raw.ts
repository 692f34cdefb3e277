import type { Problem } from "./errors";
import type { ConfigObject } from "./merge";
import { schema } from "./schema";
import { foreignKeyProblems } from "./stack-file/foreign-keys";

/** The project's own config, and keys of others that are set by mistake. */
export interface RawConfig {
    /** By key without the project's prefix; structured values parsed. */
    raw: ConfigObject;
    problems: Problem[];
}

/** A stack's config as the engine hands it over, of all prefixes: structured values as JSON, and plain ones as they stand. */
export function rawConfig(values: Readonly<Record<string, string>>, project: string): RawConfig {
    const prefix = `${project}:`;
    const own = Object.entries(values).filter(([key]) => key.startsWith(prefix));
    return {
        raw: Object.fromEntries(own.map(([key, text]) => [key.slice(prefix.length), valueOf(text)])),
        problems: foreignKeyProblems(Object.keys(values), project, Object.keys(schema.shape)),
    };
}

/** A value out of its text. */
export function valueOf(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}
