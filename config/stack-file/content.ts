import { closest, distance } from "fastest-levenshtein";

import type { Problem } from "../errors";
import { isObject } from "../merge";
import { readYaml } from "./read-yaml";

/** A stack file as Pulumi reads it. */
export interface StackContent {
    /** The file as it stands, references filled in; null for an empty one. */
    root: unknown;
    /** Its config by full key, `<prefix>:<name>`. */
    config: Record<string, unknown>;
    /** Parts that are read otherwise than they look, or by nobody. */
    problems: Problem[];
}

/** Keys of a stack file that Pulumi reads; it leaves out all others without a word. */
const known = ["config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"];

/** Keys that hold nothing but what others refer to, as in Docker Compose. */
const anchors = /^x-/;

/** @throws NotYaml for what can't be read at all */
export function stackContent(text: string, project: string): StackContent {
    const { content: root, problems } = readYaml(text, project);
    if (!isObject(root)) return { root, config: {}, problems };
    const unknown = Object.keys(root).filter((key) => !known.includes(key) && !anchors.test(key));
    const { config, problems: keys } = byFullKey(isObject(root.config) ? root.config : {}, project);
    return { root, config, problems: [...unknown.map(unread), ...problems, ...keys] };
}

function unread(key: string): Problem {
    const nearest = closest(key.toLowerCase(), known);
    const meant = distance(key.toLowerCase(), nearest) <= 2 ? ` did you mean "${nearest}"?` : "";
    return {
        key,
        message: `is no key of a stack file, and nobody reads it;${meant} allowed: ${known.join(", ")}; what only others refer to begins with x-`,
    };
}

/** The prefix may be left out, and Pulumi's older form has `config:` in the middle. */
function byFullKey(given: Record<string, unknown>, project: string): Omit<StackContent, "root"> {
    const config: Record<string, unknown> = {};
    const names = new Map<string, string>();
    const problems: Problem[] = [];
    for (const [key, value] of Object.entries(given)) {
        const full = fullKey(key, project);
        const before = full === undefined ? undefined : names.get(full);
        if (full === undefined) {
            problems.push({ key, message: "can't be a key: Pulumi's are <prefix>:<name>, with one colon" });
        } else if (before !== undefined) {
            problems.push({
                key,
                message: `is there twice, as ${before} too, and Pulumi takes either; take one of both out`,
            });
        } else {
            names.set(full, key);
            config[full] = value;
        }
    }
    return { config, problems };
}

function fullKey(key: string, project: string): string | undefined {
    const parts = key.split(":");
    if (parts.length === 1) return `${project}:${key}`;
    if (parts.length === 3 && parts[1] === "config") return `${parts[0]}:${parts[2]}`;
    return parts.length === 2 ? key : undefined;
}
