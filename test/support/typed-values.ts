import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { canonicalQuantity, goDuration } from "../../config/canonical";
import { isRecord } from "../../kubernetes/objects";
import { outputDir } from "../../lib/paths";

type Schema = Record<string, unknown>;

/** A value of an object that a program of Kubernetes reads into a type of its own, and prints in that type's form. */
export interface TypedValue {
    keys: string[];
    type: "quantity" | "duration";
    value: unknown;
}

/** Schemas of custom resources by `apiVersion kind`, out of the definitions that are prepared in the checkout. */
export function customSchemas(): Map<string, Schema> {
    const found = new Map<string, Schema>();
    const folder = join(outputDir, "crds");
    const files = readdirSync(folder, { recursive: true }).map(String);
    for (const file of files.filter((name) => name.endsWith(".json"))) {
        const { spec } = JSON.parse(readFileSync(join(folder, file), "utf8")) as {
            spec: {
                group: string;
                names: { kind: string };
                versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
            };
        };
        for (const { name, schema } of spec.versions)
            found.set(`${spec.group}/${name} ${spec.names.kind}`, schema.openAPIV3Schema);
    }
    return found;
}

/** Maps from the name of something that is counted to how much there is of it, in Kubernetes' own kinds. */
const amounts = new Set(["requests", "limits", "hard", "default", "defaultRequest", "capacity"]);
/** Fields that are a quantity, in Kubernetes' own kinds, and as mere texts in the operators'. */
const sizes = new Set(["sizeLimit", "size", "tmpDirSizeLimit", "shm", "temporaryData", "divisor"]);

/** What is in Kubernetes' own pattern, by which a definition says that a value is a quantity. */
const ofQuantities = "([KMGTPE]i)|[numkMGTPE]|";

/** Every quantity and length of time in an object. @param schema That of its kind, where it is a custom one. */
export function typedValues(value: unknown, schema: Schema = {}, keys: string[] = []): TypedValue[] {
    if (Array.isArray(value)) {
        return value.flatMap((item, index) => typedValues(item, inner(schema, "items"), [...keys, String(index)]));
    }
    if (isRecord(value)) {
        return Object.entries(value).flatMap(([key, item]) => {
            const known = inner(inner(schema, "properties"), key);
            const of = Object.keys(known).length > 0 ? known : inner(schema, "additionalProperties");
            return typedValues(item, of, [...keys, key]);
        });
    }
    const type = typeOf(schema, keys);
    return type && value !== undefined && value !== null ? [{ keys, type, value }] : [];
}

function inner(schema: Schema, key: string): Schema {
    const found = schema[key];
    return isRecord(found) ? found : {};
}

function typeOf({ type, description, pattern }: Schema, keys: string[]): TypedValue["type"] | undefined {
    if (/ParseDuration|Go duration/.test(String(description))) return "duration";
    if (String(pattern).includes(ofQuantities)) return "quantity";
    // E.g. the bits of a key.
    if (type === "integer") return undefined;
    return sizes.has(keys.at(-1) ?? "") || amounts.has(keys.at(-2) ?? "") ? "quantity" : undefined;
}

/** Sentences about the values that are spelled in another way than they are given back; a number too is given back as a text. */
export function misspelled(values: TypedValue[]): string[] {
    return values
        .map(({ keys, type, value }) => {
            const canonical = type === "quantity" ? canonicalQuantity(String(value)) : goDuration(String(value));
            return { keys, value, canonical };
        })
        .filter(({ value, canonical }) => value !== canonical)
        .map(
            ({ keys, value, canonical }) =>
                `${keys.join(" / ")} is ${JSON.stringify(value)}, given back as "${canonical}"`,
        );
}
