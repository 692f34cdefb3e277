import { z } from "zod";

import { profiles } from "../../config/profiles";
import { Defaults } from "../../config/defaults";
import { Profile, profileNames, schema } from "../../config/schema";
import { table } from "./table";

/** Part of a JSON Schema that the page shows. */
interface Shape {
    type?: string;
    description?: string;
    properties?: Record<string, Shape>;
    items?: Shape;
    enum?: unknown[];
    const?: unknown;
    minimum?: number;
    maximum?: number;
    additionalProperties?: Shape | boolean;
}

/** The page of every config key, out of the schema and the profiles. */
export function configurationPage(): string {
    const { properties = {} } = z.toJSONSchema(schema) as Shape;
    const [groups, single] = partition(Object.entries(properties), ([, shape]) => shape.properties !== undefined);
    return [
        head,
        "## Single keys",
        keys(single),
        ...groups.flatMap(([key, shape]) => [`## ${key}`, shape.description ?? "", keys(rows(shape, key))]),
    ]
        .join("\n\n")
        .concat("\n");
}

const head = `# Configuration

<!-- Written by \`make docs\` out of config/schema.ts and config/profiles.ts; a test compares. -->

Every key of a stack file, \`Pulumi.<stack>.yaml\`, under the project's prefix: \`data-platform:objectStore\`. Only
\`profile\` has to be there, and \`images.registry\` but for the sandbox; a stack file says what it wants otherwise than its
profile. Groups are merged key by key; a list is replaced as a whole. An unknown key, a value that can't be, or two that can't
be together are told by key before anything is changed. \`config/stack-file.schema.json\` is the same for editors.`;

/** The keys of a group, those of groups inside it too, by their paths below the top one. */
function rows(shape: Shape, path: string): [string, Shape][] {
    return Object.entries(shape.properties ?? {}).flatMap(([key, inner]): [string, Shape][] => {
        const own: [string, Shape] = [`${path}.${key}`, inner];
        return inner.properties ? [own, ...rows(inner, `${path}.${key}`)] : [own];
    });
}

function keys(entries: [string, Shape][]): string {
    return table(
        ["Key", "What", "Default"],
        entries.map(([path, shape]) => [
            `\`${path}\``,
            [(shape.description ?? "").replace(/<([a-z]+)>/g, "`<$1>`"), kind(shape)].filter(Boolean).join(" "),
            shape.properties ? "" : defaults(path.split(".")),
        ]),
    );
}

/** Allowed values, where the description leaves them open. */
function kind(shape: Shape): string {
    const given = shape.enum?.map((value) => `\`${String(value)}\``).join(", ");
    const range =
        shape.minimum !== undefined && shape.maximum !== undefined && shape.maximum < Number.MAX_SAFE_INTEGER
            ? `${shape.minimum} to ${shape.maximum}`
            : "";
    const items = shape.items?.properties ? `List of {${Object.keys(shape.items.properties).join(", ")}}` : "";
    const text = [given, range, items].filter(Boolean).join("; ");
    return text && `(${text})`;
}

/** Defaults of the profiles, once where they agree. */
function defaults(path: string[]): string {
    const of = (profile: Profile) => shown(at(profiles[profile], path));
    const values = profileNames.map((profile) => [profile, of(profile)] as const);
    const [[, base]] = values;
    const others = values
        .filter(([, value]) => value !== base)
        .map(([profile, value]) => `${profile}: ${value || "none"}`);
    return [base, ...others].filter(Boolean).join("; ");
}

function at(value: Defaults | undefined, path: string[]): unknown {
    return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

function shown(value: unknown): string {
    if (value === undefined) return "";
    if (Array.isArray(value)) {
        const names = value.map((each: unknown) =>
            typeof each === "object" && each !== null && "name" in each ? String(each.name) : String(each),
        );
        return names.length > 3 || names.join().length > 60 ? `${names.length} entries` : names.join(", ");
    }
    return `\`${JSON.stringify(value).replaceAll('"', "")}\``;
}

function partition<T>(all: T[], first: (each: T) => boolean): [T[], T[]] {
    return [all.filter(first), all.filter((each) => !first(each))];
}
