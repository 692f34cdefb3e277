import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";

import { coerced } from "./coerce";
import { upstreamCrds } from "./crds";
import { ConfigError, Problem } from "./errors";
import { keyPath } from "./key-path";
import { isObject, merge, ConfigObject } from "./merge";
import { profiles } from "./profiles";
import { Defaults } from "./defaults";
import { quote } from "./quote";
import { rules } from "./rules";
import { PlatformConfig, Profile, profileNames, schema } from "./schema";
import { inSecretGroup } from "./secret";
import { stackNameProblem } from "./stack-name";

type Issue = z.core.$ZodIssue;

/**
 * A stack's config, whole: its own keys over the defaults of its profile, checked.
 *
 * @param found Problems that are known already, to be told with the rest.
 * @param raw What the stack file says, by key without the project's prefix; structured values parsed.
 * @throws ConfigError with every problem at once: unknown keys, wrong types, combinations that can't work.
 */
export function parse(raw: ConfigObject, stack: string, found: Problem[] = []): PlatformConfig {
    const profile = profileNames.find((name) => name === raw.profile);
    const problems = [...found];
    const name = stackNameProblem(stack);
    if (name) problems.push({ key: "stack", message: name });
    if (!profile) {
        problems.push({
            key: "profile",
            message: `${raw.profile === undefined ? "is missing" : `${quote(raw.profile)} is no profile`}; allowed: ${profileNames.join(", ")}`,
        });
    }
    // Without a profile the rest is still checked, against the smallest one, so that all problems come at once.
    const defaults = defaultsOf(profile ?? "dev", raw);
    const given = coerced(schema, raw) as ConfigObject;
    const whole = { ...merge(defaults, given), profile: profile ?? "dev" };
    const result = schema.safeParse(whole, { reportInput: true });
    const issues = result.error?.issues ?? [];
    problems.push(...issues.flatMap((issue) => explain(issue)));
    // What can't be read is put back to its default, so that the rules can still be asked about the rest.
    const readable = result.success ? result : schema.safeParse(repair(whole, issues, defaults));
    if (readable.success) {
        problems.push(
            ...rules
                .flatMap((rule) => rule(readable.data, given))
                .filter(({ key }) => !problems.some((other) => other.key === key)),
        );
    }
    if (!result.success || problems.length > 0) throw new ConfigError(problems, stack);
    return result.data;
}

/** A profile's defaults; the CRDs are those of the chart versions that the stack names. */
function defaultsOf(profile: Profile, { chartVersions }: ConfigObject): Defaults {
    const defaults = profiles[profile];
    if (!isObject(chartVersions)) return defaults;
    const [pinned, named] = [upstreamCrds({}), upstreamCrds(chartVersions)];
    const crds = Object.keys(pinned).map((key) => {
        const name = key as keyof typeof pinned;
        return [name, defaults.crds[name].join() === pinned[name].join() ? named[name] : defaults.crds[name]];
    });
    return { ...defaults, crds: Object.fromEntries(crds) as Defaults["crds"] };
}

/** A copy without unknown keys, and with the profile's own value wherever the stack file's can't be read. */
function repair(whole: ConfigObject, issues: Issue[], defaults: unknown): ConfigObject {
    const copy = structuredClone(whole);
    for (const issue of issues) {
        const parent = at(copy, issue.path.slice(0, -1)) as Record<PropertyKey, unknown> | undefined;
        const last = issue.path.at(-1);
        if (issue.code === "unrecognized_keys") {
            const group = at(copy, issue.path) as ConfigObject | undefined;
            for (const key of issue.keys) delete group?.[key];
        } else if (parent && last !== undefined) {
            const usual = at(defaults, issue.path);
            // A map of the stack file's own has no place for what isn't there.
            if (usual === undefined && !Array.isArray(parent)) delete parent[last];
            else parent[last] = usual;
        }
    }
    return copy;
}

function at(value: unknown, path: PropertyKey[]): unknown {
    return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/**
 * Words for what a type has found.
 *
 * @param root Type of the whole. @default the config's
 */
export function explain(issue: Issue, root: z.core.$ZodType = schema): Problem[] {
    const key = keyPath(issue.path);
    // A password is never quoted back.
    const given = inSecretGroup(issue.path) ? "the one given" : quote(issue.input, String(issue.path.at(-1)));
    switch (issue.code) {
        case "unrecognized_keys": {
            const allowed = keysAt(issue.path, root);
            return issue.keys.map((unknown) => ({
                key: keyPath([...issue.path, unknown]),
                message: `is no key${suggestion(unknown, allowed)} allowed here: ${allowed.join(", ")}`,
            }));
        }
        case "invalid_type":
            return [{ key, message: wrongType(issue, key, given, root === schema) }];
        case "invalid_value":
            return [
                { key, message: `must be ${issue.values.map((value) => quote(value)).join(" or ")}, not ${given}` },
            ];
        case "too_small":
            return [{ key, message: `must be at least ${issue.minimum}${unit(issue.origin)}, not ${given}` }];
        case "too_big":
            return [{ key, message: `must be at most ${issue.maximum}${unit(issue.origin)}, not ${given}` }];
        case "invalid_format":
            return [{ key, message: `${issue.message}, not ${given}` }];
        case "invalid_key":
            return issue.issues.map(({ message }) => ({ key, message: `the key itself ${message}` }));
        default:
            return [{ key, message: issue.message }];
    }
}

function wrongType(
    { expected, input, path }: z.core.$ZodIssueInvalidType,
    key: string,
    given: string,
    isConfig: boolean,
): string {
    if (input === undefined) return `is missing; it must be ${article(expected)}`;
    // The engine makes an empty text of a key of its own without a value.
    if (input === null || (input === "" && expected !== "string"))
        return `has no value; it must be ${article(expected)}, or the key is left out`;
    const wrong = `must be ${article(expected)}, not ${given}`;
    if (!isConfig) return wrong;
    if (expected === "string" && (typeof input === "boolean" || typeof input === "number") && !inSecretGroup(path)) {
        return `${wrong}; write ${JSON.stringify(String(input))} in quotes in YAML, or \`pulumi config set --path --type string '${key}' ${input}\``;
    }
    if (expected === "string" && isObject(input))
        return `${wrong}; a name with dots in it is one part of a path, as in ["example.com/team"]`;
    return expected === "array" ? `${wrong}; its first entry is set by the path '${key}[0]'` : wrong;
}

/** The keys that the schema knows at a path, for the error about one that it doesn't. */
function keysAt(path: PropertyKey[], root: z.core.$ZodType): string[] {
    let at = root;
    for (const part of path) {
        at = unwrap(at);
        if (at instanceof z.ZodObject) at = (at.shape as Record<PropertyKey, z.core.$ZodType>)[part];
        else if (at instanceof z.ZodArray) at = at.element;
        else if (at instanceof z.ZodRecord) at = at.valueType;
    }
    at = unwrap(at);
    return at instanceof z.ZodObject ? Object.keys(at.shape).sort() : [];
}

function unwrap(type: z.core.$ZodType): z.core.$ZodType {
    return type instanceof z.ZodOptional ? unwrap(type.unwrap()) : type;
}

function suggestion(unknown: string, allowed: string[]): string {
    if (allowed.includes(unknown.split(".")[0])) return "; nest it, or set it with `pulumi config set --path`;";
    const nearest = closest(unknown, allowed);
    return distance(unknown, nearest) <= Math.max(2, Math.floor(unknown.length / 3))
        ? `; did you mean "${nearest}"?`
        : "";
}

function article(type: string): string {
    const names: Record<string, string> = {
        int: "a whole number",
        object: "a group of keys",
        record: "a group of keys",
        array: "a list",
        string: "a text",
        boolean: "true or false",
    };
    return names[type] ?? `a ${type}`;
}

function unit(origin: string): string {
    return origin === "string" ? " characters" : origin === "array" ? " entries" : "";
}
